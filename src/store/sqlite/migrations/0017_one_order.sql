-- One index finds a session's calls by turn and in order, where there were two.
DROP INDEX tool_calls_in_turn;
DROP INDEX tool_calls_in_order;
CREATE INDEX tool_calls_in_order ON tool_calls (session, turn, seq, status);

-- Memories of one project that say nearly the same, in both directions: what is said in many sessions is a standing
-- lesson. Derived from the texts, see facts.kin_upto.
CREATE TABLE memory_kin (
    memory   INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    kin      INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    likeness REAL NOT NULL,
    PRIMARY KEY (memory, kin)
) STRICT, WITHOUT ROWID;
CREATE INDEX memory_kin_by_kin ON memory_kin (kin);

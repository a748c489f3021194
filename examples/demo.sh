#!/bin/sh
# The main job on three example sessions: ingest, catch, then what the hooks of a later session are answered.
# Usage: demo.sh PROGRAM DIR; DIR/home is the program's home.
set -eu
program=$1
dir=$2
here=$(dirname "$0")
export MEMORY_LANE_HOME="$dir/home"
unset CLAUDE_CONFIG_DIR MEMORY_LANE_CHILD

# The store is made anew each time; model and library stay.
rm -f "$dir"/home/memory-lane.db* "$dir"/home/timings.jsonl* "$dir"/home/memory-lane.log*

if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
say() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
event() { printf '{"session_id":"demo-%s","transcript_path":"%s/none.jsonl","cwd":"/home/ada/shop-api",%s}' "$1" "$dir" "$2"; }

say "1. Three sessions of last week become memories"
"$program" ingest "$here/sessions"
"$program" catch
"$program" memories list

prompt='our web service clashes with another program on my laptop, let it listen on another port'
say "2. Today, a new session. The prompt: $prompt"
event 1 '"hook_event_name":"UserPromptSubmit","prompt":"'"$prompt"'"' |
	"$program" hook | python3 -c 'import json,sys; print(json.load(sys.stdin)["hookSpecificOutput"]["additionalContext"])'

say "3. In another session the agent reads config/server.toml"
event 2 '"hook_event_name":"PostToolUse","tool_name":"Read","tool_input":{"file_path":"/home/ada/shop-api/config/server.toml"}' |
	"$program" hook | python3 -c 'import json,sys; print(json.load(sys.stdin)["hookSpecificOutput"]["additionalContext"])'

say "4. Two prompts that bring nothing: yes please; write a haiku about the sea in winter"
event 3 '"hook_event_name":"UserPromptSubmit","prompt":"yes please"' | "$program" hook
event 3 '"hook_event_name":"UserPromptSubmit","prompt":"write a haiku about the sea in winter"' | "$program" hook
printf '(silence)\n'

say "5. Why: every candidate for the prompt of step 2, each part of its score, the floor, the outcome"
"$program" recall --explain --cwd /home/ada/shop-api "$prompt"

say "6. How long the hooks took, each in a fresh process"
"$program" timings

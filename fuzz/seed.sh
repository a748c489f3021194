#!/bin/sh
# Puts a first input of each form before the fuzzer: small ones made here, and real ones of $MEMORY_LANE_SHARED where
# this machine has them (up to 32 KB: longer ones only make it slow).
set -e
cd "$(dirname "$0")"
seed() { # TARGET NAME, the content on standard input
    mkdir -p "corpus/$1"
    cat >"corpus/$1/seed-$2"
}
samples() { # TARGET DIRECTORY…
    target=$1
    shift
    [ -d "${MEMORY_LANE_SHARED:-../../shared}/traces" ] || return 0
    for directory; do
        find "${MEMORY_LANE_SHARED:-../../shared}/traces/$directory" -type f -size -64 -size -32768c |
            while read -r file; do cp "$file" "corpus/$target/$(basename "$file")"; chmod u+w "corpus/$target/$(basename "$file")"; done
    done
}

seed claude_code session <<'END'
{"parentUuid":null,"isSidechain":false,"cwd":"/w","sessionId":"0a57f201-e967-4d94-a191-eef5c4419091","version":"2.1.200","gitBranch":"main","type":"user","uuid":"u1","timestamp":"2026-02-02T10:00:00.000Z","message":{"role":"user","content":"fix the build"}}
{"type":"assistant","uuid":"u2","sessionId":"0a57f201-e967-4d94-a191-eef5c4419091","timestamp":"2026-02-02T10:00:01.000Z","message":{"id":"m1","model":"large","role":"assistant","usage":{"input_tokens":5,"output_tokens":7},"content":[{"type":"text","text":"Looking."},{"type":"tool_use","id":"t1","name":"Edit","input":{"file_path":"/w/a","old_string":"x","new_string":"y"}}]}}
{"type":"user","uuid":"u3","timestamp":"2026-02-02T10:00:02.000Z","toolUseResult":{"structuredPatch":[{"oldStart":1,"oldLines":1,"newStart":1,"newLines":1,"lines":["-x","+y"]}]},"message":{"content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"ok"}],"is_error":false}]}}
{"type":"queue-operation","operation":"enqueue","content":"and the tests","timestamp":"2026-02-02T10:00:02.000Z"}
{"type":"queue-operation","operation":"remove"}
{"type":"user","uuid":"u4","message":{"content":"[Request interrupted by user]"}}
{"type":"system","subtype":"compact_boundary","uuid":"u5"}
{"type":"user","uuid":"u6","isCompactSummary":true,"message":{"content":"This session is being continued"}}
{"type":"attachment","uuid":"u7","attachment":{"type":"queued_command","prompt":"and the tests"}}
{"type":"summary","summary":"The build","leafUuid":"u1"}
{"type":"pr-link","prUrl":"https://example.org/pull/1"}
{"type":"progress","data":{}}
END
seed codex items <<'END'
{"timestamp":"2026-02-02T10:00:00.000Z","type":"session_meta","payload":{"id":"s","cwd":"/w","cli_version":"0.169.0","git":{"branch":"main","commit_hash":"abc"}}}
{"timestamp":"2026-02-02T10:00:01.000Z","type":"turn_context","payload":{"cwd":"/w","model":"large"}}
{"timestamp":"2026-02-02T10:00:01.000Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"fix it"}],"internal_chat_message_metadata_passthrough":{"content_item_kinds":["user.text"]}}}
{"timestamp":"2026-02-02T10:00:02.000Z","type":"response_item","payload":{"type":"function_call","name":"shell","arguments":"{\"command\":[\"bash\",\"-lc\",\"apply_patch <<'EOF'\\n*** Begin Patch\\n*** Add File: a\\n+x\\n*** End Patch\\nEOF\"]}","call_id":"c1"}}
{"timestamp":"2026-02-02T10:00:03.000Z","type":"event_msg","payload":{"type":"item_completed","item":{"type":"FileChange","id":"c1","status":"completed","changes":{"/w/a":{"type":"add","content":"x\n"}}}}}
{"timestamp":"2026-02-02T10:00:03.000Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c1","output":"{\"output\":\"no\",\"metadata\":{\"exit_code\":1}}"}}
{"timestamp":"2026-02-02T10:00:03.000Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":9,"output_tokens":3}}}}
{"timestamp":"2026-02-02T10:00:04.000Z","type":"event_msg","payload":{"type":"turn_aborted","reason":"interrupted"}}
{"timestamp":"2026-02-02T10:00:05.000Z","type":"compacted","payload":{"message":"m"}}
END
seed codex bare <<'END'
{"id":"s","timestamp":"2025-05-05T05:00:00.000Z","instructions":null}
{"type":"message","role":"user","content":[{"type":"input_text","text":"hello"}]}
{"type":"local_shell_call","call_id":"c","status":"completed","action":{"type":"exec","command":["ls"]}}
{"type":"function_call_output","call_id":"c","output":"a b"}
END
if command -v zstd >/dev/null; then zstd -q -c corpus/codex/seed-items | seed codex compressed; fi
seed pi tree <<'END'
{"type":"session","version":3,"id":"s","timestamp":"2026-02-02T10:00:00.000Z","cwd":"/w"}
{"type":"message","id":"a","parentId":null,"timestamp":"2026-02-02T10:00:01.000Z","message":{"role":"user","content":[{"type":"text","text":"build it"}]}}
{"type":"message","id":"b","parentId":"a","timestamp":"2026-02-02T10:00:02.000Z","message":{"role":"assistant","model":"m","usage":{"input":5,"output":7},"stopReason":"aborted","content":[{"type":"text","text":"Building."},{"type":"toolCall","id":"c1","name":"edit","arguments":{"path":"a","edits":[{"oldText":"x","newText":"y"}]}}]}}
{"type":"message","id":"c","parentId":"b","message":{"role":"toolResult","toolCallId":"c1","isError":true,"content":[{"type":"text","text":"no"}]}}
{"type":"message","id":"d","parentId":"a","message":{"role":"user","content":"use ninja"}}
{"type":"session_info","id":"e","parentId":"d","name":"The build"}
{"type":"compaction","id":"f","parentId":"e","summary":"s"}
END
seed gemini_cli log <<'END'
{"sessionId":"s","projectHash":"h","startTime":"2026-02-02T10:00:00.000Z","lastUpdated":"2026-02-02T10:00:00.000Z","kind":"main"}
{"id":"1","timestamp":"2026-02-02T10:00:01.000Z","type":"user","content":[{"text":"build it"}]}
{"id":"2","timestamp":"2026-02-02T10:00:02.000Z","type":"gemini","content":"Building.","model":"m","tokens":{"input":5,"output":7},"toolCalls":[{"id":"c","name":"replace","args":{"file_path":"a","old_string":"x","new_string":"y"},"status":"success","result":[{"functionResponse":{"response":{"output":"Exit Code: 1"}}}],"resultDisplay":{"fileDiff":"@@ -1 +1 @@\n-x\n+y"}}]}
{"$set":{"messages":[{"id":"3","timestamp":"2026-02-02T10:00:03.000Z","type":"user","content":"<state_snapshot>s</state_snapshot>"}],"summary":"t"}}
{"$rewindTo":"2"}
END
printf '{\n  "sessionId": "s",\n  "projectHash": "h",\n  "messages": [{"id": "1", "timestamp": "2026-02-02T10:00:01.000Z", "type": "user", "content": "a"}]\n}\n' | seed gemini_cli object
seed copilot_cli events <<'END'
{"type":"session.start","timestamp":"2026-02-02T10:00:00.000Z","data":{"sessionId":"s","copilotVersion":"1","context":{"cwd":"/w","branch":"main","headCommit":"abc"}}}
{"type":"user.message","id":"1","data":{"content":"write it"}}
{"type":"assistant.message","id":"2","data":{"content":"Writing.","toolRequests":[{"toolCallId":"c1","name":"create","arguments":"{\"path\":\"/w/a\",\"file_text\":\"x\"}"}]}}
{"type":"tool.execution_start","data":{"toolCallId":"c1","toolName":"create","arguments":{"path":"/w/a"}}}
{"type":"tool.execution_complete","data":{"toolCallId":"c1","success":false,"error":{"code":"rejected","message":"no"}}}
{"type":"abort","data":{}}
{"type":"session.shutdown","data":{"modelMetrics":{"m":{"usage":{"inputTokens":5,"outputTokens":7}}}}}
END
seed cursor_transcript lines <<'END'
{"role":"user","message":{"content":[{"type":"text","text":"<timestamp>Monday, Jun 22, 2026, 11:09 AM (UTC+8)</timestamp>\n<user_query>\nfix it\n</user_query>"}]}}
{"role":"assistant","message":{"content":[{"type":"text","text":"Looking."},{"type":"tool_use","name":"Shell","input":{"command":"make"}}]}}
{"type":"turn_ended","status":"aborted"}
END
printf 'user:\n<user_query>\nrename it\n</user_query>\n\nassistant:\n[Thinking] hm\n\nI will.\n[Tool call] Shell\n  command: make\n\n[Tool result] Shell\nDone.\n' | seed cursor_transcript text
{
    printf 'composerData:c\n{"fullConversationHeadersOnly":[{"bubbleId":"1","type":1},{"bubbleId":"2","type":2}],"createdAt":1770026400000,"name":"n","status":"aborted","modelConfig":{"modelName":"m"}}\0'
    printf 'bubbleId:c:1\n{"type":1,"text":"fix it"}\0'
    printf 'bubbleId:c:2\n{"type":2,"text":"Looking.","tokenCount":{"inputTokens":5},"toolFormerData":{"name":"edit_file","toolCallId":"t","status":"completed","rawArgs":"{\\"target_file\\":\\"a\\",\\"code_edit\\":\\"x\\"}","result":"{\\"rejected\\":true}"}}'
} | seed cursor_editor rows
{
    printf '0\n{"agentId":"a","latestRootBlobId":"r","createdAt":1770026400000,"name":"n"}\0'
    printf 'r\n abcdefghijklmnopqrstuvwxyz012345\0'
    printf '6162636465666768696a6b6c6d6e6f707172737475767778797a303132333435\n{"role":"user","content":[{"type":"text","text":"<user_query>hi</user_query>"}]}'
} | seed cursor_chat rows
seed opencode_export session <<'END'
{"info":{"id":"ses_1","directory":"/w","title":"t","version":"1","time":{"created":1770026400000,"updated":1770026500000}},"messages":[{"info":{"id":"m1","role":"user","time":{"created":1770026400000}},"parts":[{"type":"text","text":"fix it"}]},{"info":{"id":"m2","role":"assistant","modelID":"m","tokens":{"input":5,"output":7,"cache":{"read":1,"write":2}},"error":{"name":"MessageAbortedError"}},"parts":[{"type":"text","text":"Looking."},{"type":"tool","tool":"edit","callID":"c","state":{"status":"completed","input":{"filePath":"/w/a","oldString":"x","newString":"y"},"output":"ok","metadata":{"diff":"@@ -1 +1 @@\n-x\n+y"},"time":{"start":1770026400000}}}]}]}
END
{
    printf '\n{"role":"user","time":{"created":1770026400000}}\0\n{"type":"text","text":"fix it"}\0'
    printf '\n{"role":"assistant","modelID":"m"}\0\n{"type":"tool","tool":"bash","callID":"c","state":{"status":"error","input":{"command":"make"},"error":"no"}}'
} | seed opencode_database rows
printf '\n# aider chat started at 2026-01-02 03:04:05\n\n> Aider v0.86.2  \n> Model: m with whole edit format  \n\n#### fix it  \n\nI will.\n\n> Tokens: 2.3k sent, 89 received.  \n> Applied edit to a.rs  \n> Running make  \n> ^C KeyboardInterrupt  \n' | seed aider history
seed specstory story <<'END'
<!-- Generated by SpecStory, Markdown v2.1.0 -->

<!-- Claude Code Session 0a57f201-e967-4d94-a191-eef5c4419091 (2026-02-02 10:00:00Z) -->

_**User (2026-02-02 10:00:00Z)**_

fix it

---

_**Agent (m 2026-02-02 10:00:05Z)**_

<think><details><summary>Thought Process</summary>
hm</details></think>

Looking.

<tool-use data-tool-type="shell" data-tool-name="Bash"><details>
<summary>Tool use: **Bash**</summary>

```bash
make
```

```text
Exit code 1
```
</details></tool-use>

_**Agent - sidechain (m 2026-02-02 10:00:08Z)**_

Found them.
END
seed sts session <<'END'
{"type":"session","harness":"h","id":"i","cwd":"/w","name":"n"}
{"type":"message","id":"m1","message":{"role":"user","content":"fix it","timestamp":1770026400000}}
{"type":"message","id":"m2","message":{"role":"assistant","model":"m","content":[{"type":"text","text":"Looking."}],"toolCalls":[{"id":"c","function":{"name":"bash","arguments":"{\"command\":\"make\"}"}}]}}
{"type":"message","id":"m3","message":{"role":"tool","toolCallId":"c","isError":true,"content":"no"}}
END
printf '[{"conversation_id":"c","title":"t","create_time":1770026400.5,"current_node":"n","mapping":{"r":{"children":["n"]},"n":{"parent":"r","children":[],"message":{"id":"m","author":{"role":"user"},"content":{"content_type":"text","parts":["hi"]},"metadata":{"model_slug":"m"}}}}},{"uuid":"0a57f201","name":"n","created_at":"2026-02-02T10:00:00Z","chat_messages":[{"uuid":"u","sender":"human","text":"hi","content":[{"type":"text","text":"hi"}]},{"uuid":"v","sender":"assistant","content":[{"type":"tool_use","id":"t","name":"x","input":{}},{"type":"tool_result","tool_use_id":"t","content":[{"text":"ok"}]}]}]},{"_id":{"$oid":"o"},"title":"t","messages":[{"id":"1","from":"user","content":"hi"},{"id":"2","from":"assistant","content":"<think>x</think>yes","ancestors":["1"]}]}]' | seed exports list
if command -v python3 >/dev/null; then
    python3 -c 'import sys, zipfile
with zipfile.ZipFile("corpus/exports/seed-archive", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.write("corpus/exports/seed-list", "export/conversations-000.json")'
fi

samples claude_code samples/claude-code real-agents/claude-2.1.197
samples codex samples/codex real-agents/codex-0.169.0 real-agents/codex-0.80.0
samples pi samples/pi real-agents/pi-0.87.1
samples gemini_cli samples/gemini-cli real-agents/gemini-0.61.0/tmp
samples copilot_cli samples/copilot-cli
samples cursor_transcript samples/cursor
samples opencode_export real-agents/opencode-1.18.33
samples specstory samples/specstory

// A provider on loopback for the Node scripts of this folder: canned answers, no outside.
//
// `serve(answer)` calls `answer(path, body)` for each request. An object goes out as JSON,
// an array as server-sent events. `stop()` ends the server and its connections.
import http from "node:http";

export async function serve(answer) {
  const server = http.createServer((request, response) => {
    let text = "";
    request.on("data", (more) => (text += more));
    request.on("end", () => {
      const said = answer(request.url, JSON.parse(text || "{}"));
      const isStream = Array.isArray(said);
      const kind = isStream ? "text/event-stream" : "application/json";
      response.writeHead(200, { "content-type": kind });
      const events = isStream ? said.map((each) => `data: ${JSON.stringify(each)}\n\n`) : [];
      response.end(isStream ? `${events.join("")}data: [DONE]\n\n` : JSON.stringify(said));
    });
  });
  await new Promise((started) => server.listen(0, "127.0.0.1", started));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}

// One chunk of a streamed chat completion: `choices` are [index, delta, finish_reason].
export function chunk(choices, usage) {
  return {
    id: "c",
    object: "chat.completion.chunk",
    created: 1,
    model: "gpt-5",
    choices: choices.map(([index, delta, finish = null]) => ({
      index,
      delta,
      finish_reason: finish,
    })),
    ...(usage ? { usage } : {}),
  };
}

// A whole chat completion with this message and usage.
export function completion(message, usage) {
  return {
    id: "c",
    object: "chat.completion",
    created: 1,
    model: "gpt-5",
    choices: [
      {
        index: 0,
        message: { role: "assistant", ...message },
        finish_reason: message.tool_calls ? "tool_calls" : "stop",
      },
    ],
    usage,
  };
}

"""The plugin that makes opencode report each answer."""

from __future__ import annotations

# The ids are those that a reading of opencode's database gives: a call that is also
# imported counts once. "URL" and "KEY" are replaced.
PLUGIN = """\
// Reports the tokens of each answer to a Token Budget server: numbers and a title.
const url = "URL";
const key = "KEY";

export const TokenBudget = async ({ client }) => {
  const sessions = new Map();
  const sent = new Set();

  const known = async (id) => {
    if (!sessions.has(id)) {
      const answer = await client.session.get({ path: { id } }).catch(() => ({}));
      sessions.set(id, answer.data ?? {});
    }
    return sessions.get(id);
  };

  const above = async (id) => {
    const seen = new Set();
    while (!seen.has(id)) {
      seen.add(id);
      const parent = (await known(id)).parentID;
      if (!parent) break;
      id = parent;
    }
    return id;
  };

  const report = async (info) => {
    const root = await above(info.sessionID);
    const body = {
      session: root,
      event_id: info.id,
      at: new Date(info.time.created).toISOString(),
      model: info.modelID ?? "",
      title: ((await known(root)).title ?? "").slice(0, 255),
      usage: {
        input_tokens: info.tokens.input,
        cache_read_input_tokens: info.tokens.cache.read,
        cache_creation_input_tokens: info.tokens.cache.write,
        output_tokens: info.tokens.output + info.tokens.reasoning,
      },
    };
    if (root !== info.sessionID) body.lane = `agent-${info.sessionID}`;
    await fetch(`${url}/api/v1/usage`, {
      method: "POST",
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5000),
    });
  };

  return {
    event: async ({ event }) => {
      const info = event.properties?.info;
      if (event.type === "session.updated") sessions.set(info.id, info);
      if (event.type !== "message.updated" || info.role !== "assistant") return;
      if (!info.time.completed || info.summary || sent.has(info.id)) return;
      const { input, cache } = info.tokens;
      if (input + cache.read + cache.write === 0) return;
      sent.add(info.id);
      // A server that is away must not hold up the agent.
      report(info).catch(() => sent.delete(info.id));
    },
  };
};
"""

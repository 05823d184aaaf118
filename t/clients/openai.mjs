// What the openai SDK makes of the gateway: one JSON line a case.

import OpenAI from 'openai';

const client = new OpenAI({
    apiKey: process.env.KEY,
    baseURL: process.env.BASE,
    maxRetries: 2,
});

const messages = [{ role: 'user', content: 'hello' }];

const cases = {
    async plain() {
        const r = await client.chat.completions.create(
            { model: 'auto', messages, max_tokens: 5 });
        return { text: r.choices[0].message.content,
                 usage: r.usage.completion_tokens };
    },

    async stream() {
        const s = await client.chat.completions.create(
            { model: 'auto', messages, max_tokens: 5, stream: true });
        let text = '', chunks = 0, usage = false, finish = null;
        for await (const c of s) {
            chunks++;
            text += c.choices[0]?.delta?.content ?? '';
            finish = c.choices[0]?.finish_reason ?? finish;
            usage ||= Boolean(c.usage);
        }
        return { text, chunks, usage, finish };
    },

    async completions() {
        const r = await client.completions.create(
            { model: 'auto', prompt: 'hello', max_tokens: 5 });
        let text = '';
        for await (const c of await client.completions.create(
            { model: 'auto', prompt: 'hello', max_tokens: 5, stream: true }))
        {
            text += c.choices[0]?.text ?? '';
        }
        return { text: r.choices[0].text, streamed: text,
                 usage: r.usage.completion_tokens };
    },

    async usage() {
        const s = await client.chat.completions.create(
            { model: 'auto', messages, max_tokens: 5, stream: true,
              stream_options: { include_usage: true } });
        let usage = null;
        for await (const c of s) {
            usage = c.usage ?? usage;
        }
        return usage;
    },

    async tools() {
        const r = await client.chat.completions.create(
            { model: 'auto', messages, max_tokens: 20,
              tools: [{ type: 'function', function: { name: 'weather',
                  parameters: { type: 'object', properties: {
                      city: { type: 'string' } } } } }] });
        const call = r.choices[0].message.tool_calls[0];
        return { name: call.function.name,
                 args: typeof JSON.parse(call.function.arguments) };
    },

    async responses() {
        const r = await client.responses.create(
            { model: 'auto', input: 'hello', instructions: 'Be brief.',
              max_output_tokens: 20 });
        return { text: r.output_text, status: r.status,
                 usage: r.usage.output_tokens };
    },

    async responsesStream() {
        const s = await client.responses.create(
            { model: 'auto', input: 'hello', max_output_tokens: 20,
              stream: true });
        let text = '', last = null;
        for await (const e of s) {
            last = e;
            if (e.type === 'response.output_text.delta') {
                text += e.delta;
            }
        }
        return { text, last: last.type,
                 same: last.response.output[0].content[0].text === text,
                 usage: last.response.usage.output_tokens };
    },

    async responsesTools() {
        const s = client.responses.stream(
            { model: 'auto', input: 'hello', max_output_tokens: 20,
              tools: [{ type: 'function', name: 'get_weather', strict: false,
                  parameters: { type: 'object', properties: {} } }] });
        const r = await s.finalResponse();
        const call = r.output.find((o) => o.type === 'function_call');
        return { name: call.name, args: typeof JSON.parse(call.arguments) };
    },

    async responsesBroke() {
        const s = await client.responses.create(
            { model: 'auto', input: 'hello', stream: true });
        const types = [];
        for await (const e of s) {
            types.push(e.type);
        }
        return types.slice(-2).join(' ');
    },

    async embeddings() {
        const r = await client.embeddings.create(
            { model: 'sim/embed', input: ['a', 'b'] });
        return { n: r.data.length, numbers: r.data[0].embedding.length };
    },

    async models() {
        const ids = [];
        for await (const m of client.models.list()) {
            ids.push(m.id);
        }
        return ids;
    },

    async abort() {
        const s = await client.chat.completions.create(
            { model: 'auto', messages, max_tokens: 2000, stream: true });
        let chunks = 0;
        for await (const c of s) {
            if (++chunks === 3) {
                s.controller.abort();
                break;
            }
        }
        return chunks;
    },

    async broke() {
        return client.chat.completions.create(
            { model: 'auto', messages, max_tokens: 5 },
            { path: '/broke/v1/chat/completions' });
    },

    async wait() {
        const r = await client.chat.completions.create(
            { model: 'auto', messages, max_tokens: 5 });
        return r.usage.completion_tokens;
    },

    async key() {
        return client.withOptions({ apiKey: 'sk-wrong' }).models.list();
    },

    async model() {
        return client.chat.completions.create({ model: 'nothing', messages });
    },
};

for (const name of process.argv.slice(2)) {
    const begin = Date.now();
    const out = { name };
    try {
        out.value = await cases[name]();
    } catch (e) {
        out.error = { class: e.constructor.name, status: e.status,
                      code: e.code, type: e.type, message: e.message };
    }
    out.ms = Date.now() - begin;
    console.log(JSON.stringify(out));
}

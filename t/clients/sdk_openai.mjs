// The openai SDK: one JSON line a case.

import OpenAI from 'openai';
import { answer, city, model, red, run } from './sdk.mjs';

const client = new OpenAI({ apiKey: process.env.KEY,
                            baseURL: process.env.BASE + '/v1' });

const ask = (content, more = {}) => ({ model, max_tokens: 200,
    messages: [{ role: 'user', content }], ...more });

const create = (content, more) =>
    client.chat.completions.create(ask(content, more));

const said = (r) => ({
    text: r.choices[0].message.content,
    finish: r.choices[0].finish_reason,
    in: r.usage.prompt_tokens, out: r.usage.completion_tokens,
});

const as_json = () => ask('as json', { response_format: {
    type: 'json_schema', json_schema: {
        name: 'answer', strict: true, schema: answer } } });

const tools = [{ type: 'function', function: { name: 'weather',
    description: 'The weather of a city', parameters: city } }];

async function loop(messages, turn, more) {
    const first = await turn({ model, max_tokens: 200, messages,
                               tools, ...more });
    const call = first.choices[0].message.tool_calls[0];
    const second = await turn({ model, max_tokens: 200, tools, ...more,
        messages: [...messages, first.choices[0].message,
                   { role: 'tool', tool_call_id: call.id,
                     content: '21 degrees' }] });
    return { finish: first.choices[0].finish_reason, name: call.function.name,
             args: JSON.parse(call.function.arguments),
             ...{ text: second.choices[0].message.content } };
}

const weather = [{ role: 'user', content: 'weather?' }];

run({
    async plain() {
        return said(await create('hello'));
    },

    async stream() {
        const s = client.chat.completions.stream(ask('hello',
            { stream_options: { include_usage: true } }));
        let chunks = 0;
        for await (const c of s) {
            chunks++;
        }
        return { ...said(await s.finalChatCompletion()), chunks };
    },

    async system() {
        return said(await client.chat.completions.create({ model,
            messages: [{ role: 'system', content: 'You are a parrot.' },
                       { role: 'user', content: 'who?' }] }));
    },

    async tools() {
        return loop(weather, (q) => client.chat.completions.create(q));
    },

    async tools_stream() {
        return loop(weather, (q) => client.chat.completions.stream(q)
            .finalChatCompletion());
    },

    async schema() {
        const r = await client.chat.completions.parse(as_json());
        return r.choices[0].message.parsed
            ?? JSON.parse(r.choices[0].message.content);
    },

    loose: async () =>
        said(await client.chat.completions.create(as_json())),

    async image() {
        return said(await create([
            { type: 'text', text: 'picture?' },
            { type: 'image_url', image_url: {
                url: 'data:image/png;base64,' + red } }]));
    },

    broken: () => create('broken'),
    broken_stream: async () => {
        for await (const c of await create('broken', { stream: true })) {
            void c;
        }
    },
    busy: async () => said(await create('busy')),
    key: () => client.withOptions({ apiKey: 'sk-wrong' }).chat.completions
        .create(ask('hello')),
    model: () => create('hello', { model: 'nothing' }),
    broke: () => create('hello'),
    models: async () => {
        const ids = [];
        for await (const m of client.models.list()) {
            ids.push(m.id);
        }
        return ids;
    },
});

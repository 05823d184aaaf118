// The Anthropic SDK: one JSON line a case.

import Anthropic from '@anthropic-ai/sdk';
import { answer, city, model, red, run } from './sdk.mjs';

const client = new Anthropic({ apiKey: process.env.KEY,
                               baseURL: process.env.BASE });

const ask = (content, more = {}) => ({ model, max_tokens: 200,
    messages: [{ role: 'user', content }], ...more });

const create = (content, more) => client.messages.create(ask(content, more));

const text = (r) => r.content.filter((b) => b.type === 'text')
    .map((b) => b.text).join('');

const said = (r) => ({ text: text(r), finish: r.stop_reason,
    in: r.usage.input_tokens, out: r.usage.output_tokens });

const as_json = () => create('as json', { output_config: { format: {
    type: 'json_schema', schema: answer } } });

const tools = [{ name: 'weather', description: 'The weather of a city',
                 input_schema: city }];

async function loop(turn) {
    const messages = [{ role: 'user', content: 'weather?' }];
    const first = await turn({ model, max_tokens: 200, messages,
                               tools });
    const call = first.content.find((b) => b.type === 'tool_use');
    const second = await turn({ model, max_tokens: 200, tools,
        messages: [...messages,
                   { role: 'assistant', content: first.content },
                   { role: 'user', content: [{ type: 'tool_result',
                       tool_use_id: call.id, content: '21 degrees' }] }] });
    return { finish: first.stop_reason, name: call.name, args: call.input,
             text: text(second) };
}

run({
    async plain() {
        return said(await create('hello'));
    },

    async stream() {
        const s = client.messages.stream(ask('hello'));
        let chunks = 0;
        for await (const e of s) {
            chunks++;
        }
        return { ...said(await s.finalMessage()), chunks };
    },

    system: async () => said(await create('who?',
        { system: 'You are a parrot.' })),

    tools: () => loop((q) => client.messages.create(q)),
    tools_stream: () => loop((q) => client.messages.stream(q).finalMessage()),

    schema: async () => JSON.parse(text(await as_json())),
    loose: async () => said(await as_json()),

    image: async () => said(await create([
        { type: 'image', source: { type: 'base64', media_type: 'image/png',
                                   data: red } },
        { type: 'text', text: 'picture?' }])),

    beta: async () => said(await client.beta.messages.create(ask('hello'))),

    broken: () => create('broken'),
    broken_stream: () => client.messages.stream(ask('broken')).finalMessage(),
    busy: async () => said(await create('busy')),
    key: () => new Anthropic({ apiKey: 'sk-wrong',
        baseURL: process.env.BASE }).messages.create(ask('hello')),
    model: () => create('hello', { model: 'nothing' }),
    broke: () => create('hello'),

    count: () => client.messages.countTokens({ model,
        messages: [{ role: 'user', content: 'hello' }] }),
    count_more: () => client.messages.countTokens({ model, tools,
        system: 'You are a parrot.',
        messages: [{ role: 'user', content: 'hello '.repeat(100) }] }),
    count_beta: () => client.beta.messages.countTokens({ model,
        messages: [{ role: 'user', content: 'hello' }] }),
    count_model: () => client.messages.countTokens({ model: 'nothing',
        messages: [{ role: 'user', content: 'hello' }] }),

    models: async () => {
        const ids = [];
        for await (const m of client.models.list()) {
            ids.push(m.id);
        }
        return ids;
    },
});

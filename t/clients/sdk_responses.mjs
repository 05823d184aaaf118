// The openai SDK's Responses: one JSON line a case.

import OpenAI from 'openai';
import { answer, city, model, red, run } from './sdk.mjs';

const client = new OpenAI({ apiKey: process.env.KEY,
                            baseURL: process.env.BASE + '/v1' });

const ask = (input, more = {}) => ({ model, max_output_tokens: 200,
                                     store: false, input, ...more });

const create = (input, more) => client.responses.create(ask(input, more));

// what a stream leaves has no output_text
const text = (r) => r.output.filter((o) => o.type === 'message')
    .flatMap((o) => o.content).map((c) => c.text).join('');

const said = (r) => ({ text: r.output_text ?? text(r), finish: r.status,
    in: r.usage.input_tokens, out: r.usage.output_tokens });

const format = { format: { type: 'json_schema', name: 'answer', strict: true,
                           schema: answer } };

const tools = [{ type: 'function', name: 'weather', strict: false,
    description: 'The weather of a city', parameters: city }];

async function loop(turn) {
    const input = [{ role: 'user', content: 'weather?' }];
    const first = await turn(ask(input, { tools }));
    const call = first.output.find((o) => o.type === 'function_call');
    const second = await turn(ask([...input, ...first.output,
        { type: 'function_call_output', call_id: call.call_id,
          output: '21 degrees' }], { tools }));
    return { finish: first.status, name: call.name,
             args: JSON.parse(call.arguments), text: text(second) };
}

run({
    plain: async () => said(await create('hello')),

    async stream() {
        const s = client.responses.stream(ask('hello'));
        let chunks = 0;
        for await (const e of s) {
            chunks += e.type === 'response.output_text.delta';
        }
        return { ...said(await s.finalResponse()), chunks };
    },

    system: async () => said(await create('who?',
        { instructions: 'You are a parrot.' })),

    tools: () => loop((q) => client.responses.create(q)),
    tools_stream: () => loop((q) => client.responses.stream(q)
        .finalResponse()),

    async schema() {
        const r = await client.responses.parse(ask('as json',
                                                   { text: format }));
        return r.output_parsed ?? JSON.parse(r.output_text);
    },
    loose: async () => said(await create('as json', { text: format })),

    image: async () => said(await create([{ role: 'user', content: [
        { type: 'input_text', text: 'picture?' },
        { type: 'input_image', detail: 'auto',
          image_url: 'data:image/png;base64,' + red }] }])),

    broken: () => create('broken'),
    broken_stream: () => client.responses.stream(ask('broken'))
        .finalResponse(),
    busy: async () => said(await create('busy')),
    key: () => client.withOptions({ apiKey: 'sk-wrong' }).responses
        .create(ask('hello')),
    model: () => create('hello', { model: 'nothing' }),
    broke: () => create('hello'),
});

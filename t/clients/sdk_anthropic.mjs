// The Anthropic SDK: one JSON line a case.

import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { answer, city, each, model, photo, red, run } from './sdk.mjs';

let client, wrong;

const connect = (baseURL) => {
    client = new Anthropic({ apiKey: process.env.KEY, baseURL });
    wrong = new Anthropic({ apiKey: 'sk-wrong', baseURL });
};

const user = (content) => [{ role: 'user', content }];

const ask = (content, more = {}) => ({ model, max_tokens: 200,
    messages: user(content), ...more });

const whole = (q) => client.messages.create(q);
const create = (content, more) => whole(ask(content, more));
const joined = (q) => client.messages.stream(q).finalMessage();

const joined_by = (r, type, name) => r.content
    .filter((b) => b.type === type).map((b) => b[name]).join('');
const text = (r) => joined_by(r, 'text', 'text');

const said = (r) => ({ text: text(r),
    thoughts: joined_by(r, 'thinking', 'thinking'), finish: r.stop_reason,
    in: r.usage.input_tokens, out: r.usage.output_tokens });

const as_json = () => ask('as json', { output_config: { format: {
    type: 'json_schema', schema: answer } } });

const tools = [{ name: 'weather', description: 'The weather of a city',
                 input_schema: city }];

async function loop(turn, question, result = '21 degrees') {
    const first = await turn(ask(question, { tools }));
    const calls = first.content.filter((b) => b.type === 'tool_use');
    const second = await turn(ask(question, { tools, messages: [
        ...user(question), { role: 'assistant', content: first.content },
        ...user(calls.map((c) => ({ type: 'tool_result', tool_use_id: c.id,
                                    content: result })))] }));
    return { finish: first.stop_reason, beside: text(first),
             args: calls.map((c) => c.input), text: text(second) };
}

async function runner(last, more) {
    const args = [];
    let r;
    for await (const turn of client.beta.messages.toolRunner(ask('weather?', {
        ...more,
        tools: [betaTool({ name: 'weather', inputSchema: city,
            description: 'The weather of a city', run(a) {
                args.push(a);
                return '21 degrees';
            } })] })))
    {
        r = await last(turn);
    }
    return { text: text(r), args };
}

const image = (source) => create([{ type: 'image', source },
                                  { type: 'text', text: 'picture?' }]);

run(connect, {
    plain: async () => said(await create('hello')),

    async stream() {
        const s = client.messages.stream(ask('hello'));
        const chunks = (await each(s)).length;
        return { ...said(await s.finalMessage()), chunks };
    },

    system: async () => said(await create('who?',
        { system: 'You are a parrot.' })),

    tools: () => loop(whole, 'weather?'),
    tools_stream: () => loop(joined, 'weather?'),
    pair: () => loop(whole, 'compare?'),
    pair_stream: () => loop(joined, 'compare?'),
    beside: () => loop(whole, 'look?'),
    beside_stream: () => loop(joined, 'look?'),
    ponder: () => loop(whole, 'ponder?'),
    ponder_stream: () => loop(joined, 'ponder?'),

    result_image: () => loop(whole, 'weather?', [
        { type: 'text', text: '21 degrees' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png',
                                   data: red } }]),

    runner: () => runner((r) => r),
    runner_stream: () => runner((s) => s.finalMessage(), { stream: true }),

    schema: async () => JSON.parse(text(await whole(as_json()))),
    schema_stream: async () => JSON.parse(text(await joined(as_json()))),

    image: async () => said(await image({ type: 'base64',
        media_type: 'image/png', data: red })),
    photo: async () => said(await image({ type: 'url', url: photo })),

    thoughts: async () => said(await create('think?')),
    thoughts_stream: async () => said(await joined(ask('think?'))),

    long: async () => said(await create('long?')),
    long_stream: async () => said(await joined(ask('long?'))),

    beta: async () => said(await client.beta.messages.create(ask('hello'))),

    broken: () => create('broken'),
    broken_stream: () => joined(ask('broken')),
    cut: () => joined(ask('cut?')),
    busy: async () => said(await create('busy')),
    key: () => wrong.messages.create(ask('hello')),
    model: () => create('hello', { model: 'nothing' }),
    broke: () => create('hello'),

    count: () => client.messages.countTokens({ model,
        messages: user('hello') }),
    count_more: () => client.messages.countTokens({ model, tools,
        system: 'You are a parrot.', messages: user('hello '.repeat(100)) }),
    count_beta: () => client.beta.messages.countTokens({ model,
        messages: user('hello') }),
    count_model: () => client.messages.countTokens({ model: 'nothing',
        messages: user('hello') }),

    models: async () => (await each(client.models.list())).map((m) => m.id),
});

// The openai SDK: one JSON line a case.

import OpenAI from 'openai';
import { answer, city, each, model, photo, red, run } from './sdk.mjs';

let client;

const connect = (base) => {
    client = new OpenAI({ apiKey: process.env.KEY, baseURL: base + '/v1' });
};

const user = (content) => [{ role: 'user', content }];

const ask = (content, more = {}) => ({ model, max_tokens: 200,
    messages: user(content), ...more });

const whole = (q) => client.chat.completions.create(q);
const create = (content, more) => whole(ask(content, more));

const gathered = (q) => client.chat.completions.stream(
    { ...q, stream_options: { include_usage: true } });
const joined = (q) => gathered(q).finalChatCompletion();

const said = (r) => ({
    text: r.choices[0].message.content,
    thoughts: r.choices[0].message.reasoning_content,
    finish: r.choices[0].finish_reason,
    in: r.usage.prompt_tokens, out: r.usage.completion_tokens,
});

const as_json = () => ask('as json', { response_format: {
    type: 'json_schema', json_schema: {
        name: 'answer', strict: true, schema: answer } } });

const tools = [{ type: 'function', function: { name: 'weather',
    description: 'The weather of a city', parameters: city } }];

async function loop(turn, question) {
    const first = await turn(ask(question, { tools }));
    const { message, finish_reason } = first.choices[0];
    const second = await turn(ask(question, { tools, messages: [
        ...user(question), message,
        ...message.tool_calls.map((c) => ({ role: 'tool', tool_call_id: c.id,
                                            content: '21 degrees' }))] }));
    return { finish: finish_reason, beside: message.content,
             args: message.tool_calls.map(
                 (c) => JSON.parse(c.function.arguments)),
             text: second.choices[0].message.content };
}

async function runner(more) {
    const args = [];
    const text = await client.chat.completions.runTools(ask('weather?', {
        ...more,
        tools: [{ type: 'function', function: { name: 'weather',
            description: 'The weather of a city', parameters: city,
            parse: JSON.parse, function(a) {
                args.push(a);
                return '21 degrees';
            } } }] })).finalContent();
    return { text, args };
}

const image = (url) => create([{ type: 'text', text: 'picture?' },
                               { type: 'image_url', image_url: { url } }]);

const vectors = (r) => ({ n: r.data.length, numbers: r.data[0].embedding,
                          in: r.usage.prompt_tokens });

run(connect, {
    plain: async () => said(await create('hello')),

    async stream() {
        const s = gathered(ask('hello'));
        const chunks = (await each(s)).length;
        return { ...said(await s.finalChatCompletion()), chunks };
    },

    system: async () => said(await whole({ model,
        messages: [{ role: 'system', content: 'You are a parrot.' },
                   ...user('who?')] })),

    tools: () => loop(whole, 'weather?'),
    tools_stream: () => loop(joined, 'weather?'),
    pair: () => loop(whole, 'compare?'),
    pair_stream: () => loop(joined, 'compare?'),
    beside: () => loop(whole, 'look?'),
    beside_stream: () => loop(joined, 'look?'),
    ponder: () => loop(whole, 'ponder?'),
    ponder_stream: () => loop(joined, 'ponder?'),

    runner: () => runner(),
    runner_stream: () => runner({ stream: true }),

    async schema() {
        const r = await client.chat.completions.parse(as_json());
        return r.choices[0].message.parsed
            ?? JSON.parse(r.choices[0].message.content);
    },
    schema_stream: async () => JSON.parse(
        (await joined(as_json())).choices[0].message.content),

    image: async () => said(await image('data:image/png;base64,' + red)),
    photo: async () => said(await image(photo)),

    thoughts: async () => said(await create('think?')),
    async thoughts_stream() {
        const all = await each(await whole(ask('think?', { stream: true })));
        const text = (name) => all.map((c) => c.choices[0]?.delta[name] ?? '')
            .join('');
        return { thoughts: text('reasoning_content'), text: text('content') };
    },

    long: async () => said(await create('long?')),
    long_stream: async () => said(await joined(ask('long?'))),

    broken: () => create('broken'),
    broken_stream: async () => each(await create('broken', { stream: true })),
    cut: async () => each(await create('cut?', { stream: true })),
    busy: async () => said(await create('busy')),
    key: () => client.withOptions({ apiKey: 'sk-wrong' }).chat.completions
        .create(ask('hello')),
    model: () => create('hello', { model: 'nothing' }),
    broke: () => create('hello'),

    models: async () => (await each(await client.models.list()))
        .map((m) => m.id),

    embed: async () => vectors(await client.embeddings.create({ model,
        dimensions: 8, input: ['one', 'two'] })),
    embed_float: async () => vectors(await client.embeddings.create({ model,
        dimensions: 8, input: 'one', encoding_format: 'float' })),
});

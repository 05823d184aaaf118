// The openai SDK's Responses: one JSON line a case.

import OpenAI from 'openai';
import { answer, city, each, model, photo, red, run } from './sdk.mjs';

let client;

const connect = (base) => {
    client = new OpenAI({ apiKey: process.env.KEY, baseURL: base + '/v1' });
};

const user = (content) => [{ role: 'user', content }];

const ask = (input, more = {}) => ({ model, max_output_tokens: 200, input,
                                     ...more });

const whole = (q) => client.responses.create(q);
const create = (input, more) => whole(ask(input, more));
const joined = (q) => client.responses.stream(q).finalResponse();

// what a stream leaves has no output_text
const text = (r) => r.output.filter((o) => o.type === 'message')
    .flatMap((o) => o.content).map((c) => c.text).join('');

const said = (r) => ({ text: r.output_text ?? text(r),
    thoughts: r.output.filter((o) => o.type === 'reasoning')
        .flatMap((o) => o.summary).map((p) => p.text).join(''),
    finish: r.incomplete_details?.reason ?? r.status,
    in: r.usage.input_tokens, out: r.usage.output_tokens });

const as_json = () => ask('as json', { text: { format: {
    type: 'json_schema', name: 'answer', strict: true, schema: answer } } });

const tools = [{ type: 'function', name: 'weather', strict: false,
    description: 'The weather of a city', parameters: city }];

async function loop(turn, question, output = '21 degrees') {
    const first = await turn(ask(user(question), { tools }));
    const calls = first.output.filter((o) => o.type === 'function_call');
    const second = await turn(ask([...user(question), ...first.output,
        ...calls.map((c) => ({ type: 'function_call_output',
            call_id: c.call_id, output }))], { tools }));
    return { finish: first.status, beside: text(first),
             args: calls.map((c) => JSON.parse(c.arguments)),
             text: text(second) };
}

const image = (image_url) => create(user([
    { type: 'input_text', text: 'picture?' },
    { type: 'input_image', detail: 'auto', image_url }]));

run(connect, {
    plain: async () => said(await create('hello')),

    async stream() {
        const s = client.responses.stream(ask('hello'));
        const chunks = (await each(s)).filter(
            (e) => e.type === 'response.output_text.delta').length;
        return { ...said(await s.finalResponse()), chunks };
    },

    system: async () => said(await create('who?',
        { instructions: 'You are a parrot.' })),

    tools: () => loop(whole, 'weather?'),
    tools_stream: () => loop(joined, 'weather?'),
    pair: () => loop(whole, 'compare?'),
    pair_stream: () => loop(joined, 'compare?'),
    beside: () => loop(whole, 'look?'),
    beside_stream: () => loop(joined, 'look?'),
    ponder: () => loop(whole, 'ponder?'),
    ponder_stream: () => loop(joined, 'ponder?'),

    result_image: () => loop(whole, 'weather?', [
        { type: 'input_text', text: '21 degrees' },
        { type: 'input_image', detail: 'auto',
          image_url: 'data:image/png;base64,' + red }]),

    async schema() {
        const r = await client.responses.parse(as_json());
        return r.output_parsed ?? JSON.parse(r.output_text);
    },
    schema_stream: async () => JSON.parse(text(await joined(as_json()))),

    image: async () => said(await image('data:image/png;base64,' + red)),
    photo: async () => said(await image(photo)),

    thoughts: async () => said(await create('think?')),
    async thoughts_stream() {
        const all = await each(await create('think?', { stream: true }));
        const deltas = (name) => all.filter((e) => e.type === name)
            .map((e) => e.delta).join('');
        return { thoughts: deltas('response.reasoning_summary_text.delta'),
                 text: deltas('response.output_text.delta') };
    },

    long: async () => said(await create('long?')),
    // what its stream() leaves of one that is incomplete is the beginning
    long_stream: async () => said((await each(await create('long?',
        { stream: true }))).at(-1).response),

    broken: () => create('broken'),
    broken_stream: () => joined(ask('broken')),
    cut: () => joined(ask('cut?')),
    busy: async () => said(await create('busy')),
    key: () => client.withOptions({ apiKey: 'sk-wrong' }).responses
        .create(ask('hello')),
    model: () => create('hello', { model: 'nothing' }),
    broke: () => create('hello'),
});

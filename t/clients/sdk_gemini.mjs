// The Google Gen AI SDK: one JSON line a case.

import { GoogleGenAI, Type } from '@google/genai';
import { answer, city, each, model, photo, red, run } from './sdk.mjs';

const client = (apiKey, baseUrl) => new GoogleGenAI({ apiKey, httpOptions: {
    baseUrl, retryOptions: { attempts: 3, initialDelay: 0.1 } } }).models;

let models, wrong;

const connect = (base) => {
    models = client(process.env.KEY, base);
    wrong = client('sk-wrong', base);
};

const ask = (contents, config = {}) => ({ model, contents,
    config: { maxOutputTokens: 200, ...config } });

const create = (contents, config) =>
    models.generateContent(ask(contents, config));

// one answer, or the pieces of one
const whole = async (q) => [await models.generateContent(q)];
const pieces = async (q) => each(await models.generateContentStream(q));

const parts = (all) => all.flatMap(
    (c) => c.candidates?.[0].content?.parts ?? []);
const text = (all, thought = false) => parts(all)
    .filter((p) => p.text && Boolean(p.thought) === thought)
    .map((p) => p.text).join('');

const said = (all) => ({ text: text(all), thoughts: text(all, true),
    finish: all.at(-1).candidates[0].finishReason,
    in: all.at(-1).usageMetadata.promptTokenCount,
    out: all.at(-1).usageMetadata.candidatesTokenCount });

const as_json = () => ask('as json', {
    responseMimeType: 'application/json', responseJsonSchema: answer });

const weather = { name: 'weather', description: 'The weather of a city' };
const tools = [{ functionDeclarations: [
    { ...weather, parametersJsonSchema: city }] }];

// types in Google's own words, as its documentation writes them
const typed = [{ functionDeclarations: [{ ...weather, parameters: {
    type: Type.OBJECT, required: ['city'], properties: {
        city: { type: Type.STRING }, days: { type: Type.INTEGER } } } }] }];

async function loop(turn, question, of = tools, more) {
    const contents = [{ role: 'user', parts: [{ text: question }] }];
    const first = await turn(ask(contents, { tools: of }));
    const calls = parts(first).filter((p) => p.functionCall)
        .map((p) => p.functionCall);
    const second = await turn(ask([...contents,
        { role: 'model', parts: parts(first) },
        { role: 'user', parts: calls.map((c) => ({ functionResponse: {
            id: c.id, name: c.name, response: { output: '21 degrees' },
            parts: more } })) },
    ], { tools: of }));
    return { finish: said(first).finish, beside: text(first),
             args: calls.map((c) => c.args), text: text(second) };
}

async function runner(turn) {
    const args = [];
    const all = await turn(ask('weather?', { tools: [{
        tool: async () => tools[0],
        callTool: async (calls) => calls.map((c) => {
            args.push(c.args);
            return { functionResponse: { id: c.id, name: c.name,
                response: { output: '21 degrees' } } };
        }) }] }));
    return { text: text(all), args };
}

const image = (part) => whole(ask([{ role: 'user',
                                     parts: [part, { text: 'picture?' }] }]));

run(connect, {
    plain: async () => said([await create('hello')]),

    async stream() {
        const all = await pieces(ask('hello'));
        return { ...said(all), chunks: all.length };
    },

    system: async () => said([await create('who?',
        { systemInstruction: 'You are a parrot.' })]),

    tools: () => loop(whole, 'weather?'),
    tools_stream: () => loop(pieces, 'weather?'),
    tools_typed: () => loop(whole, 'weather?', typed),
    pair: () => loop(whole, 'compare?'),
    pair_stream: () => loop(pieces, 'compare?'),
    beside: () => loop(whole, 'look?'),
    beside_stream: () => loop(pieces, 'look?'),
    ponder: () => loop(whole, 'ponder?'),
    ponder_stream: () => loop(pieces, 'ponder?'),

    result_image: () => loop(whole, 'weather?', tools, [
        { inlineData: { mimeType: 'image/png', data: red } }]),

    runner: () => runner(whole),
    runner_stream: () => runner(pieces),

    schema: async () => JSON.parse(text(await whole(as_json()))),
    schema_stream: async () => JSON.parse(text(await pieces(as_json()))),
    schema_typed: async () => JSON.parse((await create('as json', {
        responseMimeType: 'application/json', responseSchema: {
            type: Type.OBJECT, required: ['answer'], properties: {
                answer: { type: Type.INTEGER } } } })).text),

    image: async () => said(await image(
        { inlineData: { mimeType: 'image/png', data: red } })),
    photo: async () => said(await image(
        { fileData: { mimeType: 'image/png', fileUri: photo } })),

    thoughts: async () => said(await whole(ask('think?'))),
    thoughts_stream: async () => said(await pieces(ask('think?'))),

    long: async () => said(await whole(ask('long?'))),
    long_stream: async () => said(await pieces(ask('long?'))),

    broken: () => create('broken'),
    broken_stream: () => pieces(ask('broken')),
    cut: async () => said(await pieces(ask('cut?'))),
    busy: async () => said([await create('busy')]),
    key: () => wrong.generateContent(ask('hello')),
    model: () => models.generateContent({ ...ask('hello'),
                                          model: 'nothing' }),
    broke: () => create('hello'),

    count: () => models.countTokens({ model, contents: 'hello' }),
    models: async () => (await each(await models.list())).map((m) => m.name),
});

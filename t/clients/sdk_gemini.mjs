// The Google Gen AI SDK: one JSON line a case.

import { GoogleGenAI } from '@google/genai';
import { answer, city, model, red, run } from './sdk.mjs';

const client = (apiKey) => new GoogleGenAI({ apiKey,
    httpOptions: { baseUrl: process.env.BASE,
                   retryOptions: { attempts: 3 } } });

const models = client(process.env.KEY).models;

const ask = (contents, config = {}) => ({ model, contents,
    config: { maxOutputTokens: 200, ...config } });

const create = (contents, config) =>
    models.generateContent(ask(contents, config));

const said = (r) => ({ text: r.text, finish: r.candidates[0].finishReason,
    in: r.usageMetadata.promptTokenCount,
    out: r.usageMetadata.candidatesTokenCount });

const as_json = () => create('as json', {
    responseMimeType: 'application/json', responseJsonSchema: answer });

const tools = [{ functionDeclarations: [{ name: 'weather',
    description: 'The weather of a city', parametersJsonSchema: city }] }];

const weather = { role: 'user', parts: [{ text: 'weather?' }] };

const again = (content, call) => [weather, content,
    { role: 'user', parts: [{ functionResponse: { id: call.id,
        name: call.name, response: { output: '21 degrees' } } }] }];

run({
    async plain() {
        return said(await create('hello'));
    },

    async stream() {
        let chunks = 0, text = '', last;
        for await (const c of await models.generateContentStream(
            ask('hello')))
        {
            chunks++;
            text += c.text ?? '';
            last = c;
        }
        return { ...said(last), text, chunks };
    },

    system: async () => said(await create('who?',
        { systemInstruction: 'You are a parrot.' })),

    async tools() {
        const first = await create([weather], { tools });
        const call = first.functionCalls[0];
        const second = await create(again(first.candidates[0].content, call),
                                    { tools });
        return { finish: first.candidates[0].finishReason, name: call.name,
                 args: call.args, text: second.text };
    },

    async tools_stream() {
        let content, call, finish, text = '';
        for await (const c of await models.generateContentStream(
            ask([weather], { tools })))
        {
            if (c.functionCalls) {
                call = c.functionCalls[0];
                content = c.candidates[0].content;
            }
            finish = c.candidates[0].finishReason ?? finish;
        }
        for await (const c of await models.generateContentStream(
            ask(again(content, call), { tools })))
        {
            text += c.text ?? '';
        }
        return { finish, name: call.name, args: call.args, text };
    },

    schema: async () => JSON.parse((await as_json()).text),
    loose: async () => said(await as_json()),

    image: async () => said(await create([{ role: 'user', parts: [
        { inlineData: { mimeType: 'image/png', data: red } },
        { text: 'picture?' }] }])),

    broken: () => create('broken'),
    broken_stream: async () => {
        for await (const c of await models.generateContentStream(
            ask('broken')))
        {
            void c;
        }
    },
    busy: async () => said(await create('busy')),
    key: () => client('sk-wrong').models.generateContent(ask('hello')),
    model: () => models.generateContent({ ...ask('hello'),
                                          model: 'nothing' }),
    broke: () => create('hello'),
});

// A provider that is not ours: the mock server of another project, which
// speaks the APIs of OpenAI (both), Azure, Anthropic, Gemini, Ollama and
// Bedrock on one port and reads what we send in its own way.  It answers by
// what the last question says.  What it does not read, images and schemas, is
// looked for here, each where that API has it.
// What it is sent is written to FILE, a line each.
// usage: provider.mjs PORT FILE

import { appendFileSync } from 'node:fs';
import http from 'node:http';
import { LLMock } from '@copilotkit/aimock';
import { pass } from './mend.mjs';
import { photo, red } from './sdk.mjs';

const mock = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent' });

let sent = {}, tries = 0;

const parts = () => [...sent.messages ?? [], ...sent.input ?? [],
                     ...sent.contents ?? []]
    .flatMap((m) => [m, m.content, m.parts].flat());

// an image by its data, or by its URL.  Gemini takes both alphabets and both
// spellings of a member, and its SDK for Python sends these
const image = (url) => parts().some((p) => {
    const data = p?.inlineData, file = p?.fileData, type = 'image/png';
    return p?.image_url?.url === url
        || (p?.type === 'input_image' && p.image_url === url)
        || (p?.type === 'image' && p.source?.url === url)
        || (p?.type === 'image' && p.source?.type === 'base64'
            && url === `data:${p.source.media_type};base64,${p.source.data}`)
        || (p?.image && url === `data:image/${p.image.format};base64,`
            + p.image.source.bytes)
        || (p?.images && url === `data:${type};base64,` + p.images[0])
        || ((data?.mimeType ?? data?.mime_type) === type
            && url === `data:${type};base64,` + data.data
                .replaceAll('-', '+').replaceAll('_', '/'))
        || (file && url === (file.fileUri ?? file.file_uri));
});

// Bedrock's is a string
const bedrock_schema = () => {
    const text = sent.outputConfig?.textFormat?.structure?.jsonSchema?.schema;
    return text && JSON.parse(text);
};

// a schema, in JSON's words for types; Gemini takes its own too
const schema = () => {
    const { responseMimeType, responseJsonSchema, responseSchema }
        = sent.generationConfig ?? {};
    const s = sent.response_format?.json_schema?.schema
        ?? sent.text?.format?.schema
        ?? sent.output_config?.format?.schema
        ?? bedrock_schema()
        ?? sent.format
        ?? (responseMimeType === 'application/json'
            ? responseJsonSchema : undefined);
    return s?.properties?.answer?.type === 'integer'
        || (responseMimeType === 'application/json'
            && responseSchema?.properties?.answer?.type === 'INTEGER');
};

// a tool with its own; of Gemini's the mock reads only those in Google's words
const tool = (q) => {
    const own = sent.tools?.[0].functionDeclarations?.[0];
    const p = own?.parametersJsonSchema ?? own?.parameters_json_schema
        ?? q.tools?.[0].function.parameters;
    return (p?.type === 'object' && p.properties?.days?.type === 'integer')
        || (own && p?.type === 'OBJECT'
            && p.properties?.days?.type === 'INTEGER');
};

const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18,
                input_tokens: 11, output_tokens: 7, promptTokenCount: 11,
                candidatesTokenCount: 7, totalTokenCount: 18 };

const on = (match, response) => mock.on(match, { usage, ...response });

// Gemini's own models say STOP after a call too
const on_call = (match, response) => {
    match = { toolName: 'weather', hasToolResult: false, predicate: tool,
              ...match };
    on({ ...match, model: /^gemini/ }, { ...response, finishReason: 'stop' });
    on(match, response);
};

const call = (city, days) => ({ name: 'weather',
                                arguments: JSON.stringify({ city, days }) });

// each call has its result
const results = (n) => ({ messages }) => n
    === messages.filter((m) => m.role === 'tool'
        && JSON.stringify(m.content).includes('21 degrees')).length
    && n === messages.flatMap((m) => m.tool_calls ?? []).length;

// to a chat an image of a result comes in a turn of the user's after it
on({ userMessage: 'weather', predicate: (q) => results(1)(q)
        && JSON.stringify(sent).includes(red) },
   { content: 'Sunny, as in the picture.' });

on_call({ userMessage: 'weather' }, { toolCalls: [call('Zürich', 2)] });
on({ userMessage: 'weather', predicate: results(1) },
   { content: 'Sunny, 21 degrees.' });

on_call({ userMessage: 'compare' },
        { toolCalls: [call('Zürich', 2), call('Bern', 1)] });
on({ userMessage: 'compare', predicate: results(2) },
   { content: 'Both sunny.' });

on_call({ userMessage: 'look' }, { content: 'Let me see.',
                                   toolCalls: [call('Zürich', 2)] });
on({ userMessage: 'look', predicate: (q) => results(1)(q)
        && JSON.stringify(sent).includes('Let me see.') },
   { content: 'Sunny, as I said.' });

on_call({ userMessage: 'ponder' }, { reasoning: 'It is a test.',
                                     toolCalls: [call('Zürich', 2)] });
on({ userMessage: 'ponder', predicate: results(1) },
   { content: 'Sunny, I thought.' });

on({ userMessage: 'as json', predicate: schema },
   { content: '{"answer":42}' });
on({ userMessage: 'picture',
     predicate: () => image('data:image/png;base64,' + red) },
   { content: 'A red dot.' });
on({ userMessage: 'picture', predicate: () => image(photo) },
   { content: 'A photo.' });
on({ userMessage: 'think' }, { reasoning: 'It is a test.',
                               content: 'Thought about.' });
on({ userMessage: 'long' }, { content: 'Once upon a time',
                              finishReason: 'length' });
on({ userMessage: 'who', systemMessage: 'a parrot' }, { content: 'A parrot.' });
on({ userMessage: 'hello' },
   { content: 'Hello from far away, dear friend of ours.' });

mock.on({ userMessage: 'cut' },
        { content: 'This answer is not told to its end, so much is sure.' },
        { truncateAfterChunks: 3, latency: 5 });
mock.on({ userMessage: 'broken' },
        { error: { message: 'That cannot be done.',
                   type: 'invalid_request_error' }, status: 400 });

// the first of two
mock.on({ userMessage: 'busy', predicate: () => tries % 2 === 1 },
        { error: { message: 'Try later.', type: 'server_error' },
          status: 500 });
on({ userMessage: 'busy' }, { content: 'Now.' });

await mock.start();

http.createServer((q, r) => {
    const chunks = [];
    q.on('data', (c) => chunks.push(c));
    q.on('end', () => {
        const body = Buffer.concat(chunks);
        if (body.length) {
            sent = JSON.parse(body);
            appendFileSync(process.argv[3],
                JSON.stringify({ path: q.url, body: sent }) + '\n');
            tries += body.includes('"busy"');
        }
        const up = http.request(mock.url + q.url,
            { method: q.method, headers: q.headers },
            (a) => pass(q.url, sent, a, r));
        up.on('error', () => r.destroy());
        up.end(body);
    });
}).listen(Number(process.argv[2]), '127.0.0.1');

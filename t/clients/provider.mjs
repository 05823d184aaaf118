// A provider that is not ours: the mock server of another project, which
// speaks OpenAI's, Anthropic's and Gemini's APIs on one port and reads what we
// send in its own way.  It answers by what the last question says.  What it
// does not read, images and schemas, is looked for here, each where that API
// has it.
// usage: provider.mjs PORT

import http from 'node:http';
import { LLMock } from '@copilotkit/aimock';
import { red } from './sdk.mjs';

const mock = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent' });

let sent = {}, tries = 0;

const contents = () => (sent.messages ?? [])
    .flatMap((m) => Array.isArray(m.content) ? m.content : []);

// Gemini takes both alphabets and both spellings of a member, and its SDK for
// Python sends these
const url_safe = red.replaceAll('+', '-').replaceAll('/', '_');

const image = () =>
    contents().some((p) => p.image_url?.url === 'data:image/png;base64,' + red
        || (p.type === 'image' && p.source?.type === 'base64'
            && p.source.media_type === 'image/png' && p.source.data === red))
    || (sent.contents ?? []).flatMap((c) => c.parts).some((p) =>
        (p.inlineData?.mimeType ?? p.inlineData?.mime_type) === 'image/png'
            && [red, url_safe].includes(p.inlineData.data));

const schema = () => {
    const config = sent.generationConfig ?? {};
    const s = sent.response_format?.json_schema?.schema
        ?? sent.output_config?.format?.schema
        ?? (config.responseMimeType === 'application/json'
            ? config.responseJsonSchema ?? config.responseSchema : undefined);
    return /^integer$/i.test(s?.properties?.answer?.type);
};

const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18,
                input_tokens: 11, output_tokens: 7, promptTokenCount: 11,
                candidatesTokenCount: 7, totalTokenCount: 18 };

const on = (match, response) => mock.on(match, { usage, ...response });

const toolCalls = [{ name: 'weather',
                     arguments: '{"city":"Zürich","days":2}' }];
const asked = { userMessage: 'weather', toolName: 'weather',
                hasToolResult: false };

// Gemini's own models say STOP after a call too
on({ ...asked, model: /^gemini/ }, { toolCalls, finishReason: 'stop' });
on(asked, { toolCalls });
on({ userMessage: 'weather', toolResultContains: '21 degrees' },
   { content: 'Sunny, 21 degrees.' });

on({ userMessage: 'as json', predicate: schema },
   { content: '{"answer":42}' });
on({ userMessage: 'picture', predicate: image }, { content: 'A red dot.' });
on({ userMessage: 'who', systemMessage: 'a parrot' }, { content: 'A parrot.' });
on({ userMessage: 'hello' },
   { content: 'Hello from far away, dear friend of ours.' });

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
            tries += body.includes('"busy"');
        }
        const up = http.request(mock.url + q.url,
            { method: q.method, headers: q.headers }, (a) => {
                r.writeHead(a.statusCode, a.headers);
                a.pipe(r);
            });
        up.on('error', () => r.destroy());
        up.end(body);
    });
}).listen(Number(process.argv[2]), '127.0.0.1');

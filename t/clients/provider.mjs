// A provider that is not ours: the mock server of another project, which
// speaks the APIs of OpenAI (both), Azure, Anthropic, Gemini, Ollama and
// Bedrock on one port and reads what we send in its own way.  It answers by
// what the last question says.  What it does not read, images and schemas, is
// looked for here, each where that API has it.
// usage: provider.mjs PORT

import http from 'node:http';
import { LLMock } from '@copilotkit/aimock';
import { red } from './sdk.mjs';

const mock = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent' });

let sent = {}, tries = 0;

const parts = () => [...sent.messages ?? [], ...sent.input ?? [],
                     ...sent.contents ?? []]
    .flatMap((m) => [m, m.content, m.parts].flat());

// Gemini takes both alphabets and both spellings of a member, and its SDK for
// Python sends these
const url_safe = red.replaceAll('+', '-').replaceAll('/', '_');

const image = () => parts().some((p) => {
    const data = p?.inlineData, url = 'data:image/png;base64,' + red;
    return p?.image_url?.url === url
        || (p?.type === 'input_image' && p.image_url === url)
        || (p?.type === 'image' && p.source?.type === 'base64'
            && p.source.media_type === 'image/png' && p.source.data === red)
        || (p?.image?.format === 'png' && p.image.source?.bytes === red)
        || p?.images?.[0] === red
        || ((data?.mimeType ?? data?.mime_type) === 'image/png'
            && [red, url_safe].includes(data.data));
});

const schema = () => {
    const config = sent.generationConfig ?? {};
    const s = sent.response_format?.json_schema?.schema
        ?? sent.text?.format?.schema
        ?? sent.output_config?.format?.schema
        ?? sent.format
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
on({ userMessage: 'as json', predicate: () => !schema() },
   { content: 'In words.' });
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

// Where it is not as documented: of an error Ollama and Bedrock say one text,
// and the class of Bedrock's is in a header; Ollama counts its tokens.
function mended(path, status, headers, text) {
    const said = status >= 400 ? JSON.parse(text).error?.message : undefined;

    if (said && path.startsWith('/model/')) {
        headers['x-amzn-errortype'] = status === 400 ? 'ValidationException'
            : 'InternalServerException';
        return JSON.stringify({ message: said });
    }

    if (path === '/api/chat') {
        return said ? JSON.stringify({ error: said })
            : text.replace('"prompt_eval_count":0', '"prompt_eval_count":11')
                .replace('"eval_count":0', '"eval_count":7');
    }
}

function answer(path, from, to) {
    const { 'content-length': _, ...headers } = from.headers;

    if (from.statusCode < 400 && path !== '/api/chat') {
        to.writeHead(from.statusCode, from.headers);
        from.pipe(to);
        return;
    }

    let text = '';
    from.setEncoding('utf8');
    from.on('data', (s) => { text += s; });
    from.on('end', () => {
        const body = mended(path, from.statusCode, headers, text) ?? text;
        to.writeHead(from.statusCode, headers);
        to.end(body);
    });
}

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
            { method: q.method, headers: q.headers },
            (a) => answer(q.url, a, r));
        up.on('error', () => r.destroy());
        up.end(body);
    });
}).listen(Number(process.argv[2]), '127.0.0.1');

// Where the mock's answers are not as the API's documentation has them.

// of an error Bedrock says one text, and the class in a header
function bedrock_error(text, status, headers) {
    headers['x-amzn-errortype'] = status === 400 ? 'ValidationException'
        : 'InternalServerException';
    return JSON.stringify({ message: JSON.parse(text).error?.message });
}

// so does Ollama, without a class
function ollama_error(text) {
    return JSON.stringify({ error: JSON.parse(text).error?.message });
}

// it counts its tokens, calls its thoughts so and says when a cap was met
function ollama(text, sent) {
    const why = JSON.stringify(sent.messages).includes('"long') ? 'length'
        : 'stop';
    return text.replace('"prompt_eval_count":0', '"prompt_eval_count":11')
        .replace('"eval_count":0', '"eval_count":7')
        .replace('"reasoning_content":', '"thinking":')
        .replace('"done_reason":"stop"', `"done_reason":"${why}"`);
}

// an answer that met its cap says so, and has an event of its own
function responses(text) {
    if (!text.includes('"status":"incomplete"')) {
        return text;
    }
    return text.replace('"response.completed"', '"response.incomplete"')
        .replace('"status":"incomplete"', '"status":"incomplete",'
            + '"incomplete_details":{"reason":"max_output_tokens"}');
}

// vectors are base64 of floats where that is asked for, and cost tokens
function embeddings(text, sent) {
    const r = JSON.parse(text);

    for (const e of sent.encoding_format === 'base64' ? r.data : []) {
        e.embedding = Buffer.from(Float32Array.from(e.embedding).buffer)
            .toString('base64');
    }

    r.usage = { prompt_tokens: 5, total_tokens: 5 };
    return JSON.stringify(r);
}

// by its path; lines: of a stream each is mended as it comes
function mends(path, failed) {
    if (path.startsWith('/model/')) {
        return failed ? { mend: bedrock_error } : undefined;
    }
    if (path === '/api/chat') {
        return failed ? { mend: ollama_error } : { mend: ollama, lines: true };
    }
    if (path.endsWith('/responses') && !failed) {
        return { mend: responses, lines: true };
    }
    return /\/embeddings/.test(path) && !failed ? { mend: embeddings }
        : undefined;
}

// an answer to what was sent, on to where it is wanted; what is cut stays so
export function pass(path, sent, from, to) {
    const { 'content-length': _, ...headers } = from.headers;
    const status = from.statusCode;
    const how = mends(path, status >= 400);
    let held = '';

    const say = (text) => {
        const arg = status >= 400 ? status : sent;
        const out = how.lines ? text.split('\n')
            .map((line) => how.mend(line, arg, headers)).join('\n')
            : how.mend(text, arg, headers);
        to.headersSent || to.writeHead(status, headers);
        return out;
    };

    from.on('aborted', () => to.write(held, () => to.destroy()));

    if (!how) {
        to.writeHead(status, from.headers);
        from.pipe(to);
        return;
    }

    from.setEncoding('utf8');
    from.on('data', (s) => {
        held += s;
        const end = how.lines ? held.lastIndexOf('\n') + 1 : 0;
        if (end) {
            to.write(say(held.slice(0, end)));
            held = held.slice(end);
        }
    });
    from.on('end', () => to.end(say(held)));
}

// What the cases of all SDKs share: they run by name, one JSON line each.
// usage: sdk_X.mjs LOCATION/CASE[@MODEL]...   without a model: auto

export const red = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4n'
    + 'GP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';

export const photo = 'https://example.com/photo.png';

export const city = {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer' } },
    required: ['city'],
};

export const answer = {
    type: 'object',
    properties: { answer: { type: 'integer' } },
    required: ['answer'],
    additionalProperties: false,
};

export let model = 'auto';

// connect: makes a client of a base URL

export async function run(connect, cases) {
    for (const word of process.argv.slice(2)) {
        const out = { name: word };
        const [, where, name, asked] = word.match(/(.*)\/([^@]*)@?(.*)/);
        model = asked || 'auto';
        try {
            connect(process.env.BASE + where);
            out.value = await cases[name]();
        } catch (e) {
            out.error = { class: e.constructor.name, status: e.status,
                          code: e.code, type: e.type, message: e.message };
        }
        console.log(JSON.stringify(out));
    }
}

export async function each(stream) {
    const all = [];
    for await (const piece of stream) {
        all.push(piece);
    }
    return all;
}

// What the cases of all SDKs share: they run by name, one JSON line each.
// CASE@MODEL asks for that model, or tier, instead of auto.

export const red = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4n'
    + 'GP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';

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

export async function run(cases) {
    for (const word of process.argv.slice(2)) {
        const out = { name: word };
        const [name, asked] = word.split('@');
        model = asked ?? 'auto';
        try {
            out.value = await cases[name]();
        } catch (e) {
            out.error = { class: e.constructor.name, status: e.status,
                          code: e.code, type: e.type, message: e.message };
        }
        console.log(JSON.stringify(out));
    }
}


/*
 * Copyright (C) aicost
 *
 * The estimate against the counts of the o200k vocabulary, on texts of our
 * own.
 */


#include <stdlib.h>

#include "tap.h"
#include "aicost_tokens.h"


static const struct {
    const char  *name;
    int          tokens;
    const char  *text;
} texts[] = {
    { "nl-support", 114,
      "Goedemiddag, ik heb vorige week een bestelling geplaatst en sindsd"
      "ien niets meer van jullie gehoord. In de bevestiging stond dat het"
      " pakket binnen drie werkdagen bezorgd zou worden, maar de bezorgdi"
      "enst zegt dat er nog niets is aangemeld. Kunnen jullie nakijken wa"
      "ar mijn bestelling is gebleven? Ik heb de artikelen aanstaande zat"
      "erdag nodig voor een verjaardag. Als levering voor die tijd niet m"
      "eer lukt, wil ik de bestelling liever annuleren en het bedrag teru"
      "gontvangen op dezelfde rekening. Alvast bedankt voor de moeite en "
      "een vriendelijke groet." },

    { "nl-beleid", 116,
      "De gemeente stelt jaarlijks een begroting vast waarin de inkomsten"
      " en uitgaven van alle afdelingen zijn opgenomen. Overschrijdingen "
      "boven vijf procent moeten door de wethouder schriftelijk worden to"
      "egelicht. Voor digitale dienstverlening geldt bovendien dat de kos"
      "ten van externe leveranciers per kwartaal worden beoordeeld, zodat"
      " tijdig kan worden bijgestuurd. Wanneer een leverancier de afgespr"
      "oken kwaliteit niet haalt, kan de overeenkomst met inachtneming va"
      "n een opzegtermijn van drie maanden worden be\303\253indigd. De pr"
      "ivacyfunctionaris beoordeelt vooraf of persoonsgegevens buiten de "
      "Europese Unie worden verwerkt." },

    { "nl-recept", 148,
      "Verwarm de oven voor op honderdtachtig graden en vet een bakblik i"
      "n met een beetje boter. Snijd de uien in dunne ringen en bak ze op"
      " laag vuur tot ze zacht en goudbruin zijn. Meng intussen de eieren"
      " met de room, een snufje zout, peper en nootmuskaat. Verdeel de ui"
      "en over de deegbodem, giet het eiermengsel erover en strooi er ger"
      "aspte kaas overheen. Zet de taart veertig minuten in de oven, laat"
      " hem daarna tien minuten rusten en serveer met een frisse groene s"
      "alade. Lekker met een glas koele witte wijn, of gewoon met water e"
      "n een schijfje citroen." },

    { "nl-systeem", 115,
      "Je bent een behulpzame assistent van een webwinkel voor tuingereed"
      "schap. Antwoord altijd in het Nederlands, beleefd en in hoogstens "
      "vijf zinnen. Verzin geen voorraad, prijzen of levertijden: gebruik"
      " alleen wat in de aangeleverde productgegevens staat. Als een klan"
      "t boos is, toon dan eerst begrip en bied vervolgens een concrete o"
      "plossing aan. Vraag nooit naar wachtwoorden of volledige betaalgeg"
      "evens. Verwijs bij medische of juridische vragen naar een deskundi"
      "ge en sluit elk antwoord af met de vraag of er verder nog iets is "
      "waarmee je kunt helpen." },

    { "nl-lijst", 149,
      "Notulen werkoverleg, dinsdag 24 november\n\nAanwezig: Marieke, Joo"
      "st, Samira en Pieter\nAfwezig: Willem (vakantie)\n\n1. Storing van"
      " maandag: oorzaak was een verlopen certificaat. Joost zet een heri"
      "nnering in de agenda.\n2. Nieuwe klant: offerte van EUR 12.500 gaa"
      "t morgen de deur uit. Samira belt vrijdag na.\n3. Kosten van de ta"
      "almodellen: vorige maand 18% boven begroting. Pieter zoekt uit wel"
      "ke afdeling het meeste verbruikt.\n4. Rondvraag: de koffiemachine "
      "is w\303\251\303\251r kapot.\n\nActiepunten staan in het systeem; "
      "volgende overleg op 8 december om 10:30 uur." },

    { "en-support", 103,
      "Hello, I placed an order last week and I have not heard anything f"
      "rom you since. The confirmation said that the parcel would be deli"
      "vered within three working days, but the carrier tells me that not"
      "hing has been registered yet. Could you please find out where my o"
      "rder is? I need the items for a birthday this coming Saturday. If "
      "delivery before that day is no longer possible, I would rather can"
      "cel the order and have the amount refunded to the same account. Th"
      "ank you in advance for your help, and kind regards." },

    { "en-essay", 110,
      "Cities that were built around the horse had to be rebuilt around t"
      "he car, and it is worth remembering how quickly that happened. Wit"
      "hin a single generation stables became garages, blacksmiths became"
      " mechanics, and streets that had belonged to everybody were handed"
      " over to traffic. Few people voted for it; most simply adapted, on"
      "e purchase at a time. The lesson is not that technology is unstopp"
      "able, but that its costs arrive late and its convenience arrives e"
      "arly. Whoever wants to steer a change of that size has to count th"
      "e costs while they are still estimates." },

    { "en-system", 106,
      "You are a careful financial assistant. Summarise the attached quar"
      "terly report for a reader who has five minutes. Start with one sen"
      "tence that says whether the company met its targets. Then list the"
      " three largest changes compared with the previous quarter, each wi"
      "th its cause as stated in the report. Do not speculate about the s"
      "hare price. If a number is missing, say so explicitly instead of e"
      "stimating it. Use plain words, avoid jargon, and write amounts in "
      "millions with one decimal. Finish with the open questions that an "
      "analyst would ask." },

    { "en-markdown", 156,
      "# Installing the gateway\n\n1. Download the package for your distr"
      "ibution and verify its checksum.\n2. Copy `prices.json` to `/etc/g"
      "ateway/` and check it with `gateway prices check`.\n3. Add the **t"
      "wo directives** below to the `http` block:\n\n   - `zone 64m;` sha"
      "red memory for all workers\n   - `currency EUR usd=0.92;` what bud"
      "gets are counted in\n\n> Note: a reload is not needed when prices "
      "change.\n\n| option | default | meaning |\n| --- | --- | --- |\n| "
      "`timeout` | 60s | time to the first byte |\n| `max_conns` | none |"
      " open connections to one server |\n\nSee also [the reference](docs"
      "/reference.md)." },

    { "en-chat", 112,
      "so here's what happened: i upgraded the library yesterday & now ha"
      "lf of my tests fail with \"unexpected keyword argument\". i've tri"
      "ed pinning the old version, clearing the cache, even re-creating t"
      "he virtualenv... nothing helps!! weird thing is it works fine on m"
      "y laptop but not in CI. any ideas? btw the changelog doesn't menti"
      "on anything about renamed params, i checked twice. could it be tha"
      "t two versions are installed at the same time? how would i find ou"
      "t which one gets imported? thanks a lot, you've been super helpful"
      " so far :)" },

    { "de-mail", 103,
      "Sehr geehrte Damen und Herren, vielen Dank f\303\274r Ihr Angebot "
      "vom vergangenen Donnerstag. Wir haben die Unterlagen gepr\303\274f"
      "t und m\303\266chten noch einige Punkte kl\303\244ren, bevor wir d"
      "en Vertrag unterschreiben. Erstens fehlt eine Angabe zur K\303\274"
      "ndigungsfrist, zweitens ist nicht ersichtlich, ob die Wartung im P"
      "reis enthalten ist. Au\303\237erdem bitten wir um eine \303\234ber"
      "sicht der monatlichen Kosten f\303\274r die ersten zw\303\266lf Mo"
      "nate. K\303\266nnten Sie uns die fehlenden Informationen bis Ende "
      "der Woche zusenden? Mit freundlichen Gr\303\274\303\237en aus M"
      "\303\274nchen." },

    { "fr-mail", 117,
      "Bonjour, je vous \303\251cris au sujet de la facture que j'ai re"
      "\303\247ue hier. Le montant indiqu\303\251 ne correspond pas au de"
      "vis que nous avions sign\303\251 au mois de septembre : la remise "
      "de dix pour cent n'a pas \303\251t\303\251 appliqu\303\251e et les"
      " frais de livraison ont \303\251t\303\251 compt\303\251s deux fois"
      ". Pourriez-vous v\303\251rifier ces \303\251l\303\251ments et m'en"
      "voyer une facture corrig\303\251e avant la fin du mois ? Je vous r"
      "appelle \303\251galement que notre adresse de facturation a chang"
      "\303\251 depuis l'\303\251t\303\251 dernier. En vous remerciant pa"
      "r avance, je vous prie d'agr\303\251er mes salutations distingu"
      "\303\251es." },

    { "es-texto", 103,
      "El ayuntamiento ha aprobado esta ma\303\261ana un nuevo plan de mo"
      "vilidad que reducir\303\241 el tr\303\241fico en el centro durante"
      " los pr\303\263ximos cinco a\303\261os. Seg\303\272n la alcaldesa,"
      " las obras comenzar\303\241n en primavera y costar\303\241n cerca "
      "de cuarenta millones de euros, financiados en parte por fondos eur"
      "opeos. Los comerciantes temen perder clientes, mientras que las as"
      "ociaciones de vecinos celebran la decisi\303\263n. La oposici\303"
      "\263n pide m\303\241s informaci\303\263n sobre las l\303\255neas d"
      "e autob\303\272s que se suprimir\303\241n y exige un calendario de"
      "tallado antes de votar el presupuesto definitivo." },

    { "c-code", 164,
      "static int\nqueue_push(queue_t *q, const void *item, size_t len)\n"
      "{\n    size_t   next;\n    entry_t  *e;\n\n    if (len > q->max_le"
      "n) {\n        return QUEUE_TOO_LONG;\n    }\n\n    next = (q->tail"
      " + 1) % q->size;\n\n    if (next == q->head) {\n        q->dropped"
      "++;\n        return QUEUE_FULL;\n    }\n\n    e = &q->entries[q->t"
      "ail];\n    memcpy(e->data, item, len);\n    e->len = len;\n    e->"
      "seq = ++q->seq;\n\n    /* publish only after the entry is complete"
      " */\n    atomic_store_explicit(&q->tail, next, memory_order_releas"
      "e);\n\n    return QUEUE_OK;\n}" },

    { "python-code", 170,
      "import csv\nfrom collections import defaultdict\nfrom decimal impo"
      "rt Decimal\n\n\ndef totals_by_team(path, month=None):\n    \"\"\"S"
      "um the cost column per team, optionally for one month only.\"\"\""
      "\n    totals = defaultdict(Decimal)\n\n    with open(path, newline"
      "=\"\", encoding=\"utf-8\") as handle:\n        for row in csv.Dict"
      "Reader(handle):\n            if month is not None and not row[\"da"
      "te\"].startswith(month):\n                continue\n            to"
      "tals[row[\"team\"].strip().lower()] += Decimal(row[\"cost\"])\n\n "
      "   return dict(sorted(totals.items(), key=lambda item: item[1], re"
      "verse=True))\n\n\nif __name__ == \"__main__\":\n    for team, cost"
      " in totals_by_team(\"spend.csv\", \"2026-11\").items():\n        p"
      "rint(f\"{team:<20} {cost:>12.4f}\")" },

    { "js-code", 160,
      "export async function fetchWithRetry(url, options = {}, attempts ="
      " 3) {\n  let lastError;\n  for (let i = 0; i < attempts; i++) {\n "
      "   try {\n      const response = await fetch(url, { ...options, si"
      "gnal: AbortSignal.timeout(5000) });\n      if (response.status ==="
      " 429) {\n        const wait = Number(response.headers.get('retry-a"
      "fter') ?? 1);\n        await new Promise((resolve) => setTimeout(r"
      "esolve, wait * 1000));\n        continue;\n      }\n      if (!res"
      "ponse.ok) throw new Error(`HTTP ${response.status} for ${url}`);\n"
      "      return await response.json();\n    } catch (error) {\n      "
      "lastError = error;\n    }\n  }\n  throw lastError;\n}" },

    { "sql", 158,
      "SELECT c.name AS customer, date_trunc('month', i.issued_at) AS mon"
      "th,\n       COUNT(*) AS invoices, SUM(i.amount_cents) / 100.0 AS t"
      "otal,\n       AVG(i.paid_at - i.issued_at) AS average_delay\nFROM "
      "invoices AS i\nJOIN customers AS c ON c.id = i.customer_id\nLEFT J"
      "OIN credit_notes AS n ON n.invoice_id = i.id\nWHERE i.issued_at >="
      " '2026-01-01' AND i.status <> 'draft' AND n.id IS NULL\nGROUP BY c"
      ".name, date_trunc('month', i.issued_at)\nHAVING SUM(i.amount_cents"
      ") > 100000\nORDER BY total DESC, customer ASC\nLIMIT 50 OFFSET 100"
      ";" },

    { "shell", 171,
      "#!/bin/bash\nset -euo pipefail\n\nbackup_dir=/var/backups/app\nsta"
      "mp=$(date +%Y%m%d-%H%M%S)\ntarget=\"$backup_dir/db-$stamp.sql.gz\""
      "\n\nmkdir -p \"$backup_dir\"\n\nif ! pg_dump --no-owner \"$DATABAS"
      "E_URL\" | gzip -9 > \"$target.tmp\"; then\n    echo \"backup faile"
      "d\" >&2\n    rm -f \"$target.tmp\"\n    exit 1\nfi\n\nmv \"$target"
      ".tmp\" \"$target\"\nfind \"$backup_dir\" -name 'db-*.sql.gz' -mtim"
      "e +14 -print -delete\n\nfor host in web1 web2 web3; do\n    ssh \""
      "$host\" \"systemctl reload nginx && curl -fsS http://127.0.0.1:808"
      "0/health\"\ndone" },

    { "json-orders", 313,
      "{\"orders\": [{\"id\": 1000, \"customer\": {\"name\": \"Jan Jansen"
      "\", \"email\": \"jan@example.com\"}, \"lines\": [{\"sku\": \"AB-10"
      "0\", \"quantity\": 1, \"unitPrice\": 9.95}], \"status\": \"open\","
      " \"createdAt\": \"2026-11-03T09:00:00Z\"}, {\"id\": 1007, \"custom"
      "er\": {\"name\": \"Maria Lopez\", \"email\": \"maria@example.com\""
      "}, \"lines\": [{\"sku\": \"AB-101\", \"quantity\": 2, \"unitPrice"
      "\": 19.9}], \"status\": \"paid\", \"createdAt\": \"2026-11-04T09:1"
      "1:00Z\"}, {\"id\": 1014, \"customer\": {\"name\": \"Ahmed Ali\", "
      "\"email\": \"ahmed@example.com\"}, \"lines\": [{\"sku\": \"AB-102"
      "\", \"quantity\": 3, \"unitPrice\": 29.85}], \"status\": \"shipped"
      "\", \"createdAt\": \"2026-11-05T09:22:00Z\"}, {\"id\": 1021, \"cus"
      "tomer\": {\"name\": \"Eva Smit\", \"email\": \"eva@example.com\"},"
      " \"lines\": [{\"sku\": \"AB-103\", \"quantity\": 4, \"unitPrice\":"
      " 39.8}], \"status\": \"returned\", \"createdAt\": \"2026-11-06T09:"
      "33:00Z\"}]}" },

    { "json-schema", 162,
      "{\n  \"type\": \"object\",\n  \"properties\": {\n    \"city\": {\n"
      "      \"type\": \"string\",\n      \"description\": \"Name of the "
      "city, in the language of the user\"\n    },\n    \"unit\": {\n    "
      "  \"type\": \"string\",\n      \"enum\": [\n        \"celsius\",\n"
      "        \"fahrenheit\"\n      ]\n    },\n    \"days\": {\n      \""
      "type\": \"integer\",\n      \"minimum\": 1,\n      \"maximum\": 14"
      ",\n      \"description\": \"How many days to look ahead\"\n    },"
      "\n    \"include_wind\": {\n      \"type\": \"boolean\",\n      \"d"
      "efault\": false\n    }\n  },\n  \"required\": [\n    \"city\",\n  "
      "  \"unit\"\n  ],\n  \"additionalProperties\": false\n}" },

    { "log", 329,
      "10.0.7.222 - - [24/Nov/2026:13:35:54 +0000] \"POST /v1/chat/comple"
      "tions HTTP/1.1\" 200 7602 \"-\" \"python-client/2.0\"\n10.0.8.219 "
      "- - [24/Nov/2026:13:37:12 +0000] \"POST /v1/chat/completions HTTP/"
      "1.1\" 200 8587 \"-\" \"python-client/2.1\"\n10.0.7.162 - - [24/Nov"
      "/2026:13:39:50 +0000] \"POST /v1/chat/completions HTTP/1.1\" 200 1"
      "742 \"-\" \"python-client/2.2\"\n10.0.7.78 - - [24/Nov/2026:13:09:"
      "05 +0000] \"POST /v1/chat/completions HTTP/1.1\" 429 886 \"-\" \"p"
      "ython-client/2.3\"\n10.0.9.252 - - [24/Nov/2026:13:25:28 +0000] \""
      "POST /v1/chat/completions HTTP/1.1\" 429 2780 \"-\" \"python-clien"
      "t/2.4\"\n10.0.9.4 - - [24/Nov/2026:13:53:33 +0000] \"POST /v1/chat"
      "/completions HTTP/1.1\" 200 1175 \"-\" \"python-client/2.5\"" },

    { "csv", 321,
      "date,team,model,tokens_in,tokens_out,cost\n2026-11-02,sales,luna,7"
      "8693,256,2.3343\n2026-11-11,support,haiku,25701,4262,0.7009\n2026-"
      "11-10,support,luna,86928,706,1.3720\n2026-11-09,support,haiku,1100"
      "5,2090,0.9458\n2026-11-08,legal,sol,3999,585,1.6894\n2026-11-04,su"
      "pport,luna,38229,3176,0.2005\n2026-11-01,legal,luna,28084,1728,2.7"
      "811\n2026-11-02,support,sol,52191,3448,0.2191\n2026-11-21,sales,ha"
      "iku,35460,2769,0.2614\n2026-11-11,sales,sol,15565,1112,0.7392\n202"
      "6-11-04,sales,luna,61040,3998,0.5330\n2026-11-18,sales,sol,66798,1"
      "572,2.9558\n2026-11-25,sales,sol,84473,3153,0.3495\n2026-11-14,sal"
      "es,luna,35462,4865,0.9124" },

    { "yaml", 172,
      "services:\n  gateway:\n    image: registry.example.com/gateway:1.4"
      ".2\n    restart: unless-stopped\n    ports:\n      - \"8080:8080\""
      "\n    environment:\n      LOG_LEVEL: info\n      UPSTREAM_URL: htt"
      "p://model-server:11434/v1\n    volumes:\n      - ./prices.json:/et"
      "c/gateway/prices.json:ro\n      - state:/var/lib/gateway\n    depe"
      "nds_on:\n      - redis\n    healthcheck:\n      test: [\"CMD\", \""
      "curl\", \"-f\", \"http://localhost:9090/api/status\"]\n      inter"
      "val: 30s\n      timeout: 5s\n      retries: 3\n  redis:\n    image"
      ": redis:7-alpine\n    command: redis-server --appendonly yes\nvolu"
      "mes:\n  state:" },

    { "mixed-nl-en", 122,
      "Kun je deze code review doen? De functie `parseAmount()` geeft een"
      " TypeError zodra de gebruiker een komma in plaats van een punt inv"
      "ult. Ik dacht eerst aan een locale-instelling, maar volgens de doc"
      "umentatie ondersteunt `Number()` dat helemaal niet. Graag een oplo"
      "ssing zonder extra dependencies, met unit tests in Jest en een kor"
      "te toelichting in het Nederlands voor in de pull request. Let ook "
      "op negatieve bedragen (-1.234,56) en op lege invoer. De deadline i"
      "s morgen om 17:00, dus houd het simpel: liever werkende code dan e"
      "en perfecte abstractie." }
};

#define TEXTS  (sizeof(texts) / sizeof(texts[0]))


static unsigned char  big[400000];


static uint64_t
milli(const char *text, size_t len, unsigned escaped)
{
    aicost_text_t  t;

    memset(&t, 0, sizeof(t));
    aicost_text_add(&t, (const unsigned char *) text, len, escaped);

    return t.milli;
}


static long long
permille(uint64_t estimate, long long tokens)
{
    return ((long long) estimate - tokens * 1000) / tokens;
}


static void
accuracy(void)
{
    int        worst;
    size_t     i;
    long long  error, sum;

    sum = 0;
    worst = 0;

    for (i = 0; i < TEXTS; i++) {
        error = permille(milli(texts[i].text, strlen(texts[i].text), 0),
                         texts[i].tokens);
        printf("# %-12s %5d tokens, error %+lld permille\n", texts[i].name,
               texts[i].tokens, error);
        error = llabs(error);
        sum += error;

        if (error > 350) {
            worst++;
        }
    }

    ok(TEXTS >= 20, "twenty texts and more");
    ok(sum / (long long) TEXTS <= 150, "mean absolute error <= 15 %");
    is_int(worst, 0, "none is off by more than 35 %");
}


/* as a client writes it into JSON: escapes must not count for themselves */

static void
escapes(void)
{
    char         *p;
    size_t        i;
    unsigned      n;
    uint64_t      plain, written;
    const char   *s;
    static char   esc[16384];

    n = 0;

    for (i = 0; i < TEXTS; i++) {
        p = esc;

        for (s = texts[i].text; *s; s++) {
            if (*s == '\n') {
                p += snprintf(p, 8, "\\n");

            } else if (*s == '"' || *s == '\\') {
                p += snprintf(p, 8, "\\%c", *s);

            } else if ((unsigned char) *s == 0xc3) {
                s++;
                p += snprintf(p, 8, "\\u%04x",
                              0xc0u + ((unsigned char) *s & 0x3fu));

            } else {
                *p++ = *s;
            }
        }

        plain = milli(texts[i].text, strlen(texts[i].text), 0);
        written = milli(esc, (size_t) (p - esc), 1);
        n += (plain != written);
    }

    is_int(n, 0, "escaped text is estimated as the text that it is");

    plain = milli("\xf0\x9f\x98\x80 hi", 7, 0);
    is_int((long long) milli("\\ud83d\\ude00 hi", 15, 1), (long long) plain,
           "a pair is one sign");
}


/* long text is sampled; no unbroken or odd text makes that read beyond it */

static void
samples(void)
{
    size_t                len, i, n;
    uint64_t              whole;
    aicost_text_t         t;
    unsigned char        *edge;
    static const char    *odd[] = { "x", "\\\\", "\\u4e2d", "\xe4\xb8\xad",
                                    " ", "\\n", "\\\"", "7" };

    for (len = 0, i = 0; len < sizeof(big) - 2000; i = (i + 1) % TEXTS) {
        n = strlen(texts[i].text);
        memcpy(big + len, texts[i].text, n);
        len += n;
    }

    memset(&t, 0, sizeof(t));
    whole = 0;

    for (i = 0; i + 4000 <= len; i += 4000) {
        whole += milli((char *) big + i, 4000, 0);
    }

    aicost_text_add(&t, big, len, 0);
    ok(llabs((long long) t.milli - (long long) whole)
       < (long long) whole * 15 / 100, "samples stand for the whole");
    is_int((long long) t.bytes, (long long) len, "bytes are exact");

    /* in a block of its own, so that a sanitizer sees the edges */

    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        for (n = 4090; n < 4110; n++) {
            edge = malloc(n);

            if (edge == NULL) {
                continue;
            }

            for (len = 0; len < n; len++) {
                edge[len] = (unsigned char) odd[i][len % strlen(odd[i])];
            }

            memset(&t, 0, sizeof(t));
            aicost_text_add(&t, edge, n, 1);
            aicost_text_add(&t, edge, n, 1);
            aicost_text_add(&t, edge, n, 0);
            aicost_text_add_json(&t, edge, n);
            free(edge);

            if (t.bytes != 4 * n || t.raw != n) {
                ok(0, "bytes of odd text");
            }
        }
    }

    /* many short strings */

    memset(&t, 0, sizeof(t));

    for (i = 0; i < 4000; i++) {
        aicost_text_add(&t, (const unsigned char *) texts[0].text, 100, 1);
    }

    whole = milli(texts[0].text, 100, 0) * 4000;
    ok(llabs((long long) t.milli - (long long) whole)
       < (long long) whole / 20, "many short strings");
}


static void
totals(void)
{
    aicost_text_t         t;
    aicost_token_model_t  m;

    memset(&t, 0, sizeof(t));
    memset(&m, 0, sizeof(m));

    is_int(aicost_tokens_estimate(&t, &m), 0, "nothing");

    t.bytes = 1;
    is_int(aicost_tokens_estimate(&t, &m), 1, "any text is a token");

    t.bytes = 4000;
    t.milli = 999001;
    t.messages = 2;
    is_int(aicost_tokens_estimate(&t, &m), 1000 + 3 + 6, "messages");
    is_int(aicost_tokens_upper(&t, &m), 4000 + 64 + 32, "and their bound");

    m.ratio_ppm = 1200001;
    is_int(aicost_tokens_estimate(&t, &m), 1201 + 9, "a ratio, rounded up");
    m.ratio_ppm = 0;

    t.tools = 3;
    t.images = 1;
    t.numbers = 7;
    is_int(aicost_tokens_estimate(&t, &m), 1009 + 16 + 18 + 1600 + 7,
           "tools, images, token ids");
    is_int(aicost_tokens_upper(&t, &m),
           4096 + 600 + 3 * 64 + 50000 + 7, "and their bound");

    m.image = 85;
    m.image_upper = 170;
    m.base = 7;
    m.per_message = 20;
    is_int(aicost_tokens_estimate(&t, &m), 1000 + 7 + 40 + 34 + 85 + 7,
           "what the model says");
    is_int(aicost_tokens_upper(&t, &m), 4000 + 64 + 40 + 792 + 170 + 7,
           "its own are never under it");

    m.context = 500;
    is_int(aicost_tokens_estimate(&t, &m), 500, "no more than the context");
    is_int(aicost_tokens_upper(&t, &m), 500, "nor the bound");

    memset(&m, 0, sizeof(m));
    t.bytes = UINT64_MAX;
    t.milli = UINT64_MAX;
    t.numbers = UINT64_MAX;
    m.ratio_ppm = UINT32_MAX;
    is_int(aicost_tokens_estimate(&t, &m), 1LL << 53, "saturates");
    is_int(aicost_tokens_upper(&t, &m), 1LL << 53, "as does the bound");

    is_int(aicost_tokens_delivered(0), 0, "nothing delivered");
    is_int(aicost_tokens_delivered(1), 1, "a byte is a token");
    is_int(aicost_tokens_delivered(4300), 1434, "a text");
    is_int(aicost_tokens_delivered(UINT64_MAX), 1LL << 53, "saturates");
}


/* bytes are a bound on every text we know the count of */

static void
bound(void)
{
    size_t                i;
    aicost_text_t         t;
    aicost_token_model_t  m;

    memset(&m, 0, sizeof(m));

    for (i = 0; i < TEXTS; i++) {
        memset(&t, 0, sizeof(t));
        aicost_text_add(&t, (const unsigned char *) texts[i].text,
                        strlen(texts[i].text), 0);
        ok(aicost_tokens_upper(&t, &m) >= texts[i].tokens, texts[i].name);
    }
}


int
main(void)
{
    accuracy();
    escapes();
    samples();
    totals();
    bound();

    return done_testing();
}

# The SDKs for Python: one JSON line a case.
# usage: sdk.py openai|responses|anthropic|gemini LOCATION/CASE[@MODEL]...
# without a model: auto

import base64
import json
import os
import re
import sys

from pydantic import BaseModel

KEY = os.environ['KEY']
BASE = os.environ['BASE']

RED = ('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4n'
       'GP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC')
RED_URL = 'data:image/png;base64,' + RED
PHOTO = 'https://example.com/photo.png'

CITY = {'type': 'object',
        'properties': {'city': {'type': 'string'},
                       'days': {'type': 'integer'}},
        'required': ['city']}

ANSWER = {'type': 'object', 'properties': {'answer': {'type': 'integer'}},
          'required': ['answer'], 'additionalProperties': False}

WEATHER = {'name': 'weather', 'description': 'The weather of a city'}


class Answer(BaseModel):
    answer: int


asked = 'auto'


def user(content):
    return [{'role': 'user', 'content': content}]


# the cases of loops, each whole and streamed

def loops(loop, whole, joined):
    return {name + suffix: lambda turn=turn, question=question:
            loop(turn, question)
            for name, question in (('tools', 'weather?'), ('pair', 'compare?'),
                                   ('beside', 'look?'),
                                   ('ponder', 'ponder?'))
            for suffix, turn in (('', whole), ('_stream', joined))}


def with_openai(base):
    from openai import OpenAI

    client = OpenAI(api_key=KEY, base_url=base + '/v1',
                    _strict_response_validation=True)
    tools = [{'type': 'function', 'function': {**WEATHER,
                                               'parameters': CITY}}]
    schema = {'response_format': {'type': 'json_schema', 'json_schema': {
        'name': 'answer', 'strict': True, 'schema': ANSWER}}}

    def create(messages, client=client, model=None, **more):
        return client.chat.completions.create(
            model=model or asked, max_tokens=200, messages=messages, **more)

    def gathered(messages, **more):
        with client.chat.completions.stream(
                model=asked, max_tokens=200, messages=messages,
                stream_options={'include_usage': True}, **more) as s:
            chunks = sum(1 for _ in s)
            return s.get_final_completion(), chunks

    def joined(messages, **more):
        return gathered(messages, **more)[0]

    def said(r, **more):
        message = r.choices[0].message
        return {'text': message.content,
                'thoughts': getattr(message, 'reasoning_content', None),
                'finish': r.choices[0].finish_reason,
                'in': r.usage.prompt_tokens,
                'out': r.usage.completion_tokens, **more}

    def loop(turn, question):
        first = turn(user(question), tools=tools)
        message = first.choices[0].message
        second = turn(user(question) + [message.to_dict()] + [
            {'role': 'tool', 'tool_call_id': c.id, 'content': '21 degrees'}
            for c in message.tool_calls], tools=tools)
        return {'finish': first.choices[0].finish_reason,
                'beside': message.content,
                'args': [json.loads(c.function.arguments)
                         for c in message.tool_calls],
                'text': second.choices[0].message.content}

    def stream():
        r, chunks = gathered(user('hello'))
        return said(r, chunks=chunks)

    # its stream() makes an error of a cap
    def long_stream():
        all = [c for c in create(user('long?'), stream=True) if c.choices]
        return {'text': ''.join(c.choices[0].delta.content or ''
                                for c in all),
                'finish': all[-1].choices[0].finish_reason}

    def image(url):
        return said(create(user([{'type': 'text', 'text': 'picture?'},
                                 {'type': 'image_url',
                                  'image_url': {'url': url}}])))

    def thoughts_stream():
        deltas = [c.choices[0].delta for c in create(user('think?'),
                                                     stream=True)
                  if c.choices]
        return {'text': ''.join(d.content or '' for d in deltas),
                'thoughts': ''.join(getattr(d, 'reasoning_content', '') or ''
                                    for d in deltas)}

    return {
        'plain': lambda: said(create(user('hello'))),
        'stream': stream,
        'system': lambda: said(create(
            [{'role': 'system', 'content': 'You are a parrot.'}]
            + user('who?'))),
        **loops(loop, create, joined),
        'schema': lambda: json.loads(said(create(user('as json'),
                                                 **schema))['text']),
        'schema_stream': lambda: json.loads(said(joined(user('as json'),
                                                        **schema))['text']),
        'schema_typed': lambda: client.chat.completions.parse(
            model=asked, messages=user('as json'), response_format=Answer
        ).choices[0].message.parsed.model_dump(),
        'image': lambda: image(RED_URL),
        'photo': lambda: image(PHOTO),
        'thoughts': lambda: said(create(user('think?'))),
        'thoughts_stream': thoughts_stream,
        'long': lambda: said(create(user('long?'))),
        'long_stream': long_stream,
        'broken': lambda: create(user('broken')),
        'broken_stream': lambda: list(create(user('broken'), stream=True)),
        'cut': lambda: len(list(create(user('cut?'), stream=True))),
        'busy': lambda: said(create(user('busy'))),
        'key': lambda: create(user('hello'),
                              client.with_options(api_key='sk-wrong')),
        'model': lambda: create(user('hello'), model='nothing'),
        'broke': lambda: create(user('hello')),
    }


def with_responses(base):
    from openai import OpenAI

    # of the mock's own Responses some members are missing
    client = OpenAI(api_key=KEY, base_url=base + '/v1',
                    _strict_response_validation=asked != 'responses')
    tools = [{'type': 'function', **WEATHER, 'parameters': CITY,
              'strict': False}]
    schema = {'text': {'format': {'type': 'json_schema', 'name': 'answer',
                                  'strict': True, 'schema': ANSWER}}}

    def create(input, client=client, model=None, **more):
        return client.responses.create(
            model=model or asked, max_output_tokens=200, store=False,
            input=input, **more)

    def gathered(input, **more):
        with client.responses.stream(
                model=asked, max_output_tokens=200, store=False,
                input=input, **more) as s:
            chunks = sum(e.type == 'response.output_text.delta' for e in s)
            return s.get_final_response(), chunks

    def joined(input, **more):
        return gathered(input, **more)[0]

    def said(r, **more):
        return {'text': r.output_text,
                'thoughts': ''.join(p.text for o in r.output
                                    if o.type == 'reasoning'
                                    for p in o.summary),
                'finish': (r.incomplete_details.reason
                           if r.incomplete_details else r.status),
                'in': r.usage.input_tokens, 'out': r.usage.output_tokens,
                **more}

    def loop(turn, question):
        first = turn(user(question), tools=tools)
        calls = [o for o in first.output if o.type == 'function_call']
        second = turn(user(question) + first.output + [
            {'type': 'function_call_output', 'call_id': c.call_id,
             'output': '21 degrees'} for c in calls], tools=tools)
        return {'finish': first.status, 'beside': first.output_text,
                'args': [json.loads(c.arguments) for c in calls],
                'text': second.output_text}

    def stream():
        r, chunks = gathered('hello')
        return said(r, chunks=chunks)

    def image(url):
        return said(create(user([
            {'type': 'input_text', 'text': 'picture?'},
            {'type': 'input_image', 'detail': 'auto', 'image_url': url}])))

    # what its stream() leaves of one that is incomplete is an error
    def long_stream():
        return said(list(create('long?', stream=True))[-1].response)

    return {
        'plain': lambda: said(create('hello')),
        'stream': stream,
        'system': lambda: said(create('who?',
                                      instructions='You are a parrot.')),
        **loops(loop, create, joined),
        'schema': lambda: json.loads(create('as json',
                                            **schema).output_text),
        'schema_stream': lambda: json.loads(joined('as json',
                                                   **schema).output_text),
        'schema_typed': lambda: client.responses.parse(
            model=asked, input='as json', text_format=Answer
        ).output_parsed.model_dump(),
        'image': lambda: image(RED_URL),
        'photo': lambda: image(PHOTO),
        'thoughts': lambda: said(create('think?')),
        'thoughts_stream': lambda: said(joined('think?')),
        'long': lambda: said(create('long?')),
        'long_stream': long_stream,
        'broken': lambda: create('broken'),
        'broken_stream': lambda: joined('broken'),
        'cut': lambda: joined('cut?').status,
        'busy': lambda: said(create('busy')),
        'key': lambda: create('hello',
                              client.with_options(api_key='sk-wrong')),
        'model': lambda: create('hello', model='nothing'),
        'broke': lambda: create('hello'),
    }


def with_anthropic(base):
    from anthropic import Anthropic, beta_tool

    client = Anthropic(api_key=KEY, base_url=base,
                       _strict_response_validation=True)
    tools = [{**WEATHER, 'input_schema': CITY}]
    schema = {'output_config': {'format': {'type': 'json_schema',
                                           'schema': ANSWER}}}

    def create(messages, client=client, model=None, **more):
        return client.messages.create(
            model=model or asked, max_tokens=200, messages=messages, **more)

    def gathered(messages, **more):
        with client.messages.stream(model=asked, max_tokens=200,
                                    messages=messages, **more) as s:
            chunks = sum(1 for _ in s)
            return s.get_final_message(), chunks

    def joined(messages, **more):
        return gathered(messages, **more)[0]

    def text(r):
        return ''.join(b.text for b in r.content if b.type == 'text')

    def said(r, **more):
        return {'text': text(r),
                'thoughts': ''.join(b.thinking for b in r.content
                                    if b.type == 'thinking'),
                'finish': r.stop_reason, 'in': r.usage.input_tokens,
                'out': r.usage.output_tokens, **more}

    def loop(turn, question):
        first = turn(user(question), tools=tools)
        calls = [b for b in first.content if b.type == 'tool_use']
        second = turn(user(question) + [
            {'role': 'assistant', 'content': first.content}]
            + user([{'type': 'tool_result', 'tool_use_id': c.id,
                     'content': '21 degrees'} for c in calls]), tools=tools)
        return {'finish': first.stop_reason, 'beside': text(first),
                'args': [c.input for c in calls], 'text': text(second)}

    def stream():
        r, chunks = gathered(user('hello'))
        return said(r, chunks=chunks)

    def runner():
        args = []

        @beta_tool
        def weather(city: str, days: int = 1) -> str:
            """The weather of a city"""
            args.append({'city': city, 'days': days})
            return '21 degrees'

        r = client.beta.messages.tool_runner(
            model=asked, max_tokens=200, messages=user('weather?'),
            tools=[weather]).until_done()
        return {'text': text(r), 'args': args}

    def image(source):
        return said(create(user([{'type': 'image', 'source': source},
                                 {'type': 'text', 'text': 'picture?'}])))

    return {
        'plain': lambda: said(create(user('hello'))),
        'stream': stream,
        'system': lambda: said(create(user('who?'),
                                      system='You are a parrot.')),
        **loops(loop, create, joined),
        'runner': runner,
        'schema': lambda: json.loads(text(create(user('as json'),
                                                 **schema))),
        'schema_stream': lambda: json.loads(text(joined(user('as json'),
                                                        **schema))),
        'schema_typed': lambda: client.messages.parse(
            model=asked, max_tokens=200, messages=user('as json'),
            output_format=Answer).parsed_output.model_dump(),
        'image': lambda: image({'type': 'base64', 'media_type': 'image/png',
                                'data': RED}),
        'photo': lambda: image({'type': 'url', 'url': PHOTO}),
        'thoughts': lambda: said(create(user('think?'))),
        'thoughts_stream': lambda: said(joined(user('think?'))),
        'long': lambda: said(create(user('long?'))),
        'long_stream': lambda: said(joined(user('long?'))),
        'broken': lambda: create(user('broken')),
        'broken_stream': lambda: joined(user('broken')),
        'cut': lambda: joined(user('cut?')).stop_reason,
        'busy': lambda: said(create(user('busy'))),
        'key': lambda: create(user('hello'),
                              Anthropic(api_key='sk-wrong', base_url=base)),
        'model': lambda: create(user('hello'), model='nothing'),
        'broke': lambda: create(user('hello')),
        'count': lambda: client.messages.count_tokens(
            model=asked, messages=user('hello')).to_dict(),
        'models': lambda: [m.id for m in client.models.list()],
    }


def with_gemini(base):
    from google import genai
    from google.genai import types

    def models(key=KEY):
        # it is closed when nothing refers to it
        client = genai.Client(api_key=key, http_options=types.HttpOptions(
            base_url=base,
            retry_options=types.HttpRetryOptions(attempts=3,
                                                 initial_delay=0.1)))
        clients.append(client)
        return client.models

    clients = []
    own = models()
    tools = [types.Tool(function_declarations=[types.FunctionDeclaration(
        **WEATHER, parameters_json_schema=CITY)])]
    schema = {'response_mime_type': 'application/json',
              'response_json_schema': ANSWER}

    def config(**more):
        return types.GenerateContentConfig(
            max_output_tokens=200,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(
                disable=True), **more)

    def create(contents, models=own, model=None, **more):
        return models.generate_content(model=model or asked,
                                       contents=contents,
                                       config=config(**more))

    # one answer, or the pieces of one
    def whole(contents, **more):
        return [create(contents, **more)]

    def pieces(contents, **more):
        return list(own.generate_content_stream(
            model=asked, contents=contents, config=config(**more)))

    def parts(all):
        return [p for c in all if c.candidates and c.candidates[0].content
                for p in c.candidates[0].content.parts or []]

    def text(all, thought=False):
        return ''.join(p.text for p in parts(all)
                       if p.text and bool(p.thought) == thought)

    def said(all, **more):
        return {'text': text(all), 'thoughts': text(all, True),
                'finish': all[-1].candidates[0].finish_reason.value,
                'in': all[-1].usage_metadata.prompt_token_count,
                'out': all[-1].usage_metadata.candidates_token_count, **more}

    def loop(turn, question):
        first = turn(question, tools=tools)
        calls = [p.function_call for p in parts(first) if p.function_call]
        second = turn([
            types.UserContent(question), types.ModelContent(parts(first)),
            types.UserContent([types.Part(
                function_response=types.FunctionResponse(
                    id=c.id, name=c.name, response={'output': '21 degrees'}))
                for c in calls])], tools=tools)
        return {'finish': said(first)['finish'], 'beside': text(first),
                'args': [c.args for c in calls], 'text': text(second)}

    def stream():
        all = pieces('hello')
        return said(all, chunks=len(all))

    def runner():
        args = []

        def weather(city: str, days: int) -> str:
            """The weather of a city"""
            args.append({'city': city, 'days': days})
            return '21 degrees'

        r = own.generate_content(
            model=asked, contents='weather?',
            config=types.GenerateContentConfig(tools=[weather]))
        return {'text': r.text, 'args': args}

    def image(part):
        return said(whole([part, 'picture?']))

    return {
        'plain': lambda: said(whole('hello')),
        'stream': stream,
        'system': lambda: said(whole('who?',
                               system_instruction='You are a parrot.')),
        **loops(loop, whole, pieces),
        'runner': runner,
        'schema': lambda: json.loads(text(whole('as json', **schema))),
        'schema_stream': lambda: json.loads(text(pieces('as json',
                                                        **schema))),
        'schema_typed': lambda: create(
            'as json', response_mime_type='application/json',
            response_schema=Answer).parsed.model_dump(),
        'image': lambda: image(types.Part(inline_data=types.Blob(
            mime_type='image/png', data=base64.b64decode(RED)))),
        'photo': lambda: image(types.Part.from_uri(
            file_uri=PHOTO, mime_type='image/png')),
        'thoughts': lambda: said(whole('think?')),
        'thoughts_stream': lambda: said(pieces('think?')),
        'long': lambda: said(whole('long?')),
        'long_stream': lambda: said(pieces('long?')),
        'broken': lambda: create('broken'),
        'broken_stream': lambda: pieces('broken'),
        'cut': lambda: len(pieces('cut?')),
        'busy': lambda: said(whole('busy')),
        'key': lambda: create('hello', models('sk-wrong')),
        'model': lambda: create('hello', model='nothing'),
        'broke': lambda: create('hello'),
        'count': lambda: own.count_tokens(model=asked,
                                          contents='hello').total_tokens,
        'models': lambda: [m.name for m in own.list()],
    }


connect = {'openai': with_openai, 'responses': with_responses,
           'anthropic': with_anthropic, 'gemini': with_gemini}[sys.argv[1]]
cases = {}

for word in sys.argv[2:]:
    where, name, model = re.fullmatch('(.*)/([^@]*)@?(.*)', word).groups()
    asked = model or 'auto'
    out = {'name': word}
    try:
        key = where, model == 'responses'
        if key not in cases:
            cases[key] = connect(BASE + where)
        out['value'] = cases[key][name]()
    except Exception as e:
        code = getattr(e, 'code', None)
        out['error'] = {'class': type(e).__name__,
                        'status': getattr(e, 'status_code', code if isinstance(
                            code, int) else None),
                        'code': code,
                        'message': str(e.__cause__ if 'Validation' in type(e).__name__
                                       else e)}
    print(json.dumps(out))

# The SDKs for Python: one JSON line a case.  CASE@MODEL asks for that model, or
# tier, instead of auto.
# usage: sdk.py openai|responses|anthropic|gemini CASE[@MODEL]...

import base64
import json
import os
import sys

KEY = os.environ['KEY']
BASE = os.environ['BASE']

asked = 'auto'

RED = ('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4n'
       'GP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC')

CITY = {'type': 'object',
        'properties': {'city': {'type': 'string'},
                       'days': {'type': 'integer'}},
        'required': ['city']}

ANSWER = {'type': 'object', 'properties': {'answer': {'type': 'integer'}},
          'required': ['answer'], 'additionalProperties': False}


def with_openai():
    from openai import OpenAI

    client = OpenAI(api_key=KEY, base_url=BASE + '/v1')
    tools = [{'type': 'function', 'function': {
        'name': 'weather', 'description': 'The weather of a city',
        'parameters': CITY}}]

    def user(content):
        return [{'role': 'user', 'content': content}]

    def create(messages, client=client, model=None, **more):
        return client.chat.completions.create(
            model=model or asked, max_tokens=200, messages=messages, **more)

    def gathered(messages, **more):
        with client.chat.completions.stream(
                model=asked, max_tokens=200, messages=messages,
                stream_options={'include_usage': True}, **more) as s:
            chunks = sum(1 for _ in s)
            return s.get_final_completion(), chunks

    def said(r, **more):
        return {'text': r.choices[0].message.content,
                'finish': r.choices[0].finish_reason,
                'in': r.usage.prompt_tokens,
                'out': r.usage.completion_tokens, **more}

    def loop(turn):
        first = turn(user('weather?'), tools=tools)
        call = first.choices[0].message.tool_calls[0]
        second = turn(user('weather?') + [
            first.choices[0].message.to_dict(),
            {'role': 'tool', 'tool_call_id': call.id,
             'content': '21 degrees'}], tools=tools)
        return {'finish': first.choices[0].finish_reason,
                'name': call.function.name,
                'args': json.loads(call.function.arguments),
                'text': second.choices[0].message.content}

    def stream():
        r, chunks = gathered(user('hello'))
        return said(r, chunks=chunks)

    def as_json():
        return create(user('as json'), response_format={
            'type': 'json_schema', 'json_schema': {
                'name': 'answer', 'strict': True, 'schema': ANSWER}})

    return {
        'plain': lambda: said(create(user('hello'))),
        'stream': stream,
        'system': lambda: said(create(
            [{'role': 'system', 'content': 'You are a parrot.'}]
            + user('who?'))),
        'tools': lambda: loop(create),
        'tools_stream': lambda: loop(lambda *a, **k: gathered(*a, **k)[0]),
        'schema': lambda: json.loads(said(as_json())['text']),
        'loose': lambda: said(as_json()),
        'image': lambda: said(create(user([
            {'type': 'text', 'text': 'picture?'},
            {'type': 'image_url', 'image_url': {
                'url': 'data:image/png;base64,' + RED}}]))),
        'broken': lambda: create(user('broken')),
        'broken_stream': lambda: list(create(user('broken'), stream=True)),
        'busy': lambda: said(create(user('busy'))),
        'key': lambda: create(user('hello'),
                              client.with_options(api_key='sk-wrong')),
        'model': lambda: create(user('hello'), model='nothing'),
        'broke': lambda: create(user('hello')),
    }


def with_responses():
    from openai import OpenAI

    client = OpenAI(api_key=KEY, base_url=BASE + '/v1')
    tools = [{'type': 'function', 'name': 'weather', 'strict': False,
              'description': 'The weather of a city', 'parameters': CITY}]
    form = {'format': {'type': 'json_schema', 'name': 'answer',
                       'strict': True, 'schema': ANSWER}}

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

    def said(r, **more):
        return {'text': r.output_text, 'finish': r.status,
                'in': r.usage.input_tokens, 'out': r.usage.output_tokens,
                **more}

    def loop(turn):
        input = [{'role': 'user', 'content': 'weather?'}]
        first = turn(input, tools=tools)
        call = next(o for o in first.output if o.type == 'function_call')
        second = turn(input + first.output + [
            {'type': 'function_call_output', 'call_id': call.call_id,
             'output': '21 degrees'}], tools=tools)
        return {'finish': first.status, 'name': call.name,
                'args': json.loads(call.arguments),
                'text': second.output_text}

    def stream():
        r, chunks = gathered('hello')
        return said(r, chunks=chunks)

    return {
        'plain': lambda: said(create('hello')),
        'stream': stream,
        'system': lambda: said(create('who?',
                                      instructions='You are a parrot.')),
        'tools': lambda: loop(create),
        'tools_stream': lambda: loop(lambda *a, **k: gathered(*a, **k)[0]),
        'schema': lambda: json.loads(create('as json', text=form).output_text),
        'loose': lambda: said(create('as json', text=form)),
        'image': lambda: said(create([{'role': 'user', 'content': [
            {'type': 'input_text', 'text': 'picture?'},
            {'type': 'input_image', 'detail': 'auto',
             'image_url': 'data:image/png;base64,' + RED}]}])),
        'broken': lambda: create('broken'),
        'broken_stream': lambda: gathered('broken'),
        'busy': lambda: said(create('busy')),
        'key': lambda: create('hello',
                              client.with_options(api_key='sk-wrong')),
        'model': lambda: create('hello', model='nothing'),
        'broke': lambda: create('hello'),
    }


def with_anthropic():
    from anthropic import Anthropic

    client = Anthropic(api_key=KEY, base_url=BASE)
    tools = [{'name': 'weather', 'description': 'The weather of a city',
              'input_schema': CITY}]

    def user(content):
        return [{'role': 'user', 'content': content}]

    def create(messages, client=client, model=None, **more):
        return client.messages.create(
            model=model or asked, max_tokens=200, messages=messages, **more)

    def gathered(messages, **more):
        with client.messages.stream(model=asked, max_tokens=200,
                                    messages=messages, **more) as s:
            chunks = sum(1 for _ in s)
            return s.get_final_message(), chunks

    def text(r):
        return ''.join(b.text for b in r.content if b.type == 'text')

    def said(r, **more):
        return {'text': text(r), 'finish': r.stop_reason,
                'in': r.usage.input_tokens, 'out': r.usage.output_tokens,
                **more}

    def loop(turn):
        first = turn(user('weather?'), tools=tools)
        call = next(b for b in first.content if b.type == 'tool_use')
        second = turn(user('weather?') + [
            {'role': 'assistant', 'content': first.content},
            {'role': 'user', 'content': [
                {'type': 'tool_result', 'tool_use_id': call.id,
                 'content': '21 degrees'}]}], tools=tools)
        return {'finish': first.stop_reason, 'name': call.name,
                'args': call.input, 'text': text(second)}

    def stream():
        r, chunks = gathered(user('hello'))
        return said(r, chunks=chunks)

    def as_json():
        return create(user('as json'), output_config={'format': {
            'type': 'json_schema', 'schema': ANSWER}})

    return {
        'plain': lambda: said(create(user('hello'))),
        'stream': stream,
        'system': lambda: said(create(user('who?'),
                                      system='You are a parrot.')),
        'tools': lambda: loop(create),
        'tools_stream': lambda: loop(lambda *a, **k: gathered(*a, **k)[0]),
        'schema': lambda: json.loads(text(as_json())),
        'loose': lambda: said(as_json()),
        'image': lambda: said(create(user([
            {'type': 'image', 'source': {
                'type': 'base64', 'media_type': 'image/png', 'data': RED}},
            {'type': 'text', 'text': 'picture?'}]))),
        'broken': lambda: create(user('broken')),
        'broken_stream': lambda: gathered(user('broken')),
        'busy': lambda: said(create(user('busy'))),
        'key': lambda: create(user('hello'),
                              Anthropic(api_key='sk-wrong', base_url=BASE)),
        'model': lambda: create(user('hello'), model='nothing'),
        'broke': lambda: create(user('hello')),
        'count': lambda: client.messages.count_tokens(
            model=asked, messages=user('hello')).to_dict(),
        'models': lambda: [m.id for m in client.models.list()],
    }


def with_gemini():
    from google import genai
    from google.genai import types

    def models(key=KEY):
        # it is closed when nothing refers to it
        client = genai.Client(api_key=key, http_options=types.HttpOptions(
            base_url=BASE,
            retry_options=types.HttpRetryOptions(attempts=3,
                                                 initial_delay=0.1)))
        clients.append(client)
        return client.models

    clients = []
    own = models()
    tools = [types.Tool(function_declarations=[types.FunctionDeclaration(
        name='weather', description='The weather of a city',
        parameters_json_schema=CITY)])]

    def config(**more):
        return types.GenerateContentConfig(
            max_output_tokens=200,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(
                disable=True), **more)

    def create(contents, models=own, model=None, **more):
        return models.generate_content(model=model or asked, contents=contents,
                                       config=config(**more))

    def pieces(contents, **more):
        return list(own.generate_content_stream(
            model=asked, contents=contents, config=config(**more)))

    def said(r, **more):
        return {'text': r.text, 'finish': r.candidates[0].finish_reason.value,
                'in': r.usage_metadata.prompt_token_count,
                'out': r.usage_metadata.candidates_token_count, **more}

    def as_json():
        return create('as json', response_mime_type='application/json',
                      response_json_schema=ANSWER)

    def joined(all):
        return ''.join(c.text or '' for c in all)

    def stream():
        all = pieces('hello')
        return {**said(all[-1]), 'text': joined(all), 'chunks': len(all)}

    def again(content):
        call = next(p.function_call for p in content.parts if p.function_call)
        return [types.UserContent('weather?'), content, types.UserContent(
            types.Part(function_response=types.FunctionResponse(
                id=call.id, name=call.name,
                response={'output': '21 degrees'})))]

    def loop(turn):
        all = turn('weather?', tools=tools)
        first = next(c for c in all if c.function_calls)
        call = first.function_calls[0]
        return {'finish': all[-1].candidates[0].finish_reason.value,
                'name': call.name, 'args': call.args,
                'text': joined(turn(again(first.candidates[0].content),
                                    tools=tools))}

    return {
        'plain': lambda: said(create('hello')),
        'stream': stream,
        'system': lambda: said(create('who?',
                               system_instruction='You are a parrot.')),
        'tools': lambda: loop(lambda *a, **k: [create(*a, **k)]),
        'tools_stream': lambda: loop(pieces),
        'schema': lambda: json.loads(as_json().text),
        'loose': lambda: said(as_json()),
        'image': lambda: said(create([types.Part(inline_data=types.Blob(
            mime_type='image/png', data=base64.b64decode(RED))),
            'picture?'])),
        'broken': lambda: create('broken'),
        'broken_stream': lambda: pieces('broken'),
        'busy': lambda: said(create('busy')),
        'key': lambda: create('hello', models('sk-wrong')),
        'model': lambda: create('hello', model='nothing'),
        'broke': lambda: create('hello'),
    }


cases = {'openai': with_openai, 'responses': with_responses,
         'anthropic': with_anthropic, 'gemini': with_gemini}[sys.argv[1]]()

for word in sys.argv[2:]:
    name, _, model = word.partition('@')
    asked = model or 'auto'
    out = {'name': word}
    try:
        out['value'] = cases[name]()
    except Exception as e:
        out['error'] = {'class': type(e).__name__,
                        'status': getattr(e, 'status_code',
                                          getattr(e, 'code', None)),
                        'code': getattr(e, 'code', None),
                        'message': str(e)}
    print(json.dumps(out))

# What the official SDKs' own types say of the requests that a provider was
# sent: one JSON line for each that is wrong, then how many of each kind were
# right.
# usage: judge.py FILE    of lines {"path", "body"}, as provider.mjs writes it

import base64
import json
import re
import sys

import botocore.loaders
import botocore.model
import botocore.validate
from anthropic.types import message_create_params as anthropic
from google.genai import types as google
from ollama._types import ChatRequest, Message
from openai.types import embedding_create_params as embeddings
from openai.types.chat import completion_create_params as chat
from openai.types.responses import response_create_params as responses
from pydantic import TypeAdapter


# an Iterable is looked at when it is read

def drain(value):
    for v in value.values() if isinstance(value, dict) else value:
        if hasattr(v, '__iter__') and not isinstance(v, (str, bytes)):
            drain(v)


# a TypedDict says nothing of members that it does not know

def typed(*kinds):
    known = {name for kind in kinds for name in kind.__annotations__}
    adapters = [TypeAdapter(kind) for kind in kinds]

    def judge(body, path):
        for name in body.keys() - known:
            raise ValueError('unknown member ' + name)
        drain(adapters[bool(body.get('stream'))].validate_python(
            body, strict=True))

    return judge


def gemini(body, path):
    members = {'contents': list[google.Content], 'tools': list[google.Tool],
               'systemInstruction': google.Content,
               'toolConfig': google.ToolConfig,
               'generationConfig': google.GenerationConfig}
    for name, value in body.items():
        TypeAdapter(members[name]).validate_python(value)


def ollama(body, path):
    for name in body.keys() - ChatRequest.model_fields.keys():
        raise ValueError('unknown member ' + name)
    ChatRequest.model_validate(body)
    for message in body['messages']:
        images = [{'value': image} for image in message.get('images', [])]
        Message.model_validate({**message, 'images': images}, strict=True)


service = botocore.model.ServiceModel(
    botocore.loaders.Loader().load_service_model('bedrock-runtime',
                                                 'service-2'))


def raw(value):
    if isinstance(value, list):
        return [raw(v) for v in value]
    if not isinstance(value, dict):
        return value
    return {k: base64.b64decode(v) if k == 'bytes' else raw(v)
            for k, v in value.items()}


def bedrock(body, path):
    shape = service.operation_model('ConverseStream').input_shape
    report = botocore.validate.ParamValidator().validate(
        {'modelId': path.split('/')[2], **raw(body)}, shape)
    if report.has_errors():
        raise ValueError(report.generate_report())


judges = (
    ('bedrock', '/model/.*', bedrock),
    ('ollama', '/api/chat', ollama),
    ('gemini', '/v1beta/models/.*', gemini),
    ('anthropic', '/v1/messages',
     typed(anthropic.MessageCreateParamsNonStreaming,
           anthropic.MessageCreateParamsStreaming)),
    ('responses', '/v1/responses',
     typed(responses.ResponseCreateParamsNonStreaming,
           responses.ResponseCreateParamsStreaming)),
    ('embeddings', '.*/embeddings(\\?.*)?',
     typed(embeddings.EmbeddingCreateParams,
           embeddings.EmbeddingCreateParams)),
    ('chat', '.*/chat/completions(\\?.*)?',
     typed(chat.CompletionCreateParamsNonStreaming,
           chat.CompletionCreateParamsStreaming)),
)

right = {}

for line in sorted(set(open(sys.argv[1], encoding='utf-8'))):
    sent = json.loads(line)
    name, judge = next((name, judge) for name, path, judge in judges
                       if re.fullmatch(path, sent['path']))
    try:
        judge(sent['body'], sent['path'])
        right[name] = right.get(name, 0) + 1
    except Exception as e:
        print(json.dumps({**sent, 'wrong': f'{name}: {e}'}))

print(json.dumps(right))

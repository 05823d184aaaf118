# A client of HTTP/3 on one connection: a command a line, a JSON line for each.
# usage: http3.py PORT CA-FILE      the key is in KEY
#
#   ask PATH BODY     a request and its whole answer: {status, headers, body}
#   begin PATH BODY   a request: {}
#   read TEXT         until the answer has that text: {body}
#   cancel            the request that was begun: {}
#   close             the connection: {}

import asyncio
import json
import os
import sys

from aioquic.asyncio import QuicConnectionProtocol, connect
from aioquic.h3.connection import H3Connection, ErrorCode
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration


class Client(QuicConnectionProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.h3 = H3Connection(self._quic)
        self.headers, self.body, self.ended = {}, b'', False
        self.news = asyncio.Event()

    def quic_event_received(self, event):
        for e in self.h3.handle_event(event):
            if e.stream_id != self.stream:
                continue
            if isinstance(e, HeadersReceived):
                self.headers.update((k.decode(), v.decode())
                                    for k, v in e.headers)
            elif isinstance(e, DataReceived):
                self.body += e.data
            self.ended = self.ended or e.stream_ended
        self.news.set()

    def begin(self, path, body):
        self.stream = self._quic.get_next_available_stream_id()
        self.headers, self.body, self.ended = {}, b'', False
        self.h3.send_headers(self.stream, [
            (b':method', b'POST'), (b':scheme', b'https'),
            (b':authority', b'localhost'), (b':path', path.encode()),
            (b'authorization', b'Bearer ' + os.environ['KEY'].encode()),
            (b'content-type', b'application/json')])
        self.h3.send_data(self.stream, body.encode(), True)
        self.transmit()

    async def until(self, what):
        while not what():
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 15)

    def cancel(self):
        self._quic.stop_stream(self.stream, ErrorCode.H3_REQUEST_CANCELLED)
        self.transmit()


async def command(client, word, *args):
    if word in ('ask', 'begin'):
        client.begin(*args)

    if word == 'ask':
        await client.until(lambda: client.ended)
        headers = dict(client.headers)
        return {'status': int(headers.pop(':status')), 'headers': headers,
                'body': client.body.decode()}

    if word == 'read':
        text = args[0].encode()
        await client.until(lambda: text in client.body)
        return {'body': client.body.decode()}

    if word == 'cancel':
        client.cancel()

    return {}


async def main():
    config = QuicConfiguration(is_client=True, alpn_protocols=['h3'],
                               server_name='localhost')
    config.load_verify_locations(sys.argv[2])
    loop = asyncio.get_running_loop()

    async with connect('127.0.0.1', int(sys.argv[1]), configuration=config,
                       create_protocol=Client) as client:
        client.stream = None

        while True:
            line = await loop.run_in_executor(None, sys.stdin.readline)
            words = line.rstrip('\n').split(' ', 2)

            if words[0] in ('', 'close'):
                break

            print(json.dumps(await command(client, *words)), flush=True)

    print('{}', flush=True)


asyncio.run(main())

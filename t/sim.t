#!/usr/bin/perl

# Tests for aicost sim, the simulated provider.

use strict;
use warnings;

use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Test::More;

my $aicost = $ENV{AICOST} || 'objs/aicost';
-x $aicost or plan skip_all => "no $aicost: make cli";

my $dir = tempdir(CLEANUP => 1);
my @pids;
my $http = HTTP::Tiny->new(timeout => 10, keep_alive => 1);

sub sim {
    my @args = @_;

    pipe my $r, my $w or die $!;
    my $pid = fork;
    if (!$pid) {
        open STDOUT, '>&', $w or die $!;
        close $r;
        exec $aicost, 'sim', '--print-port', @args or die $!;
    }
    close $w;
    push @pids, $pid;
    my @ports = map { scalar(<$r>) // die "no port: @args" }
        grep { /^--listen/ } @args;
    chomp @ports;
    return ($pid, @ports);
}

END { kill 'KILL', @pids if @pids }

sub term {
    my ($pid) = @_;
    kill 'TERM', $pid;
    waitpid $pid, 0;
    @pids = grep { $_ != $pid } @pids;
    return $?;
}

my ($pid, $port) = sim('--listen', '127.0.0.1:0', '--tokens', 12);
our $base = "http://127.0.0.1:$port";

sub post {
    my ($path, $body) = @_;
    $body = encode_json($body) if ref $body;
    return $http->request('POST', "$base$path", {
        content => $body, headers => {
            'content-type' => 'application/json',
            authorization => 'Bearer sk-test' } });
}

sub chat {
    my ($model, %more) = @_;
    return post('/v1/chat/completions', { model => $model, messages => [
        { role => 'user', content => 'abcdefghi' } ], %more });
}

sub events { return [ grep { length } $_[0]{content} =~ /^data: (.*)$/mg ] }

# the raw bytes of an answer, up to the end of the connection

sub raw {
    my ($model, $close, %more) = @_;
    my $body = encode_json({ model => $model, messages => [
        { role => 'user', content => 'abcdefghi' } ], %more });
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port)
        or die $!;
    print $s "POST /v1/chat/completions HTTP/1.1\r\nHost: sim\r\n",
        $close ? "Connection: close\r\n" : '',
        "Content-Length: ", length $body, "\r\n\r\n$body";
    my $data = '';
    while (IO::Select->new($s)->can_read(5)) {
        my $n = sysread $s, $data, 65536, length $data;
        return ($data, $n // "$!") if !$n;
    }
    return ($data, 'timeout');
}

# JSON

my $r = chat('gpt-x');
my $j = decode_json($r->{content});
is($r->{status}, 200, 'chat');
is($j->{object}, 'chat.completion', 'object');
is($j->{model}, 'gpt-x', 'the model is echoed');
is_deeply([ @{$j->{usage}}{qw(prompt_tokens completion_tokens total_tokens)} ],
    [ 3, 12, 15 ], 'usage: nine bytes are three tokens');
is(length $j->{choices}[0]{message}{content}, 48, 'four bytes a token');
is($j->{choices}[0]{finish_reason}, 'stop', 'stop');
is($r->{headers}{'x-sim-cost-tokens'}, '3,12,0,0', 'the truth in a header');

$j = decode_json(chat('m', max_completion_tokens => 5)->{content});
is($j->{usage}{completion_tokens}, 5, 'the cap holds');
is($j->{choices}[0]{finish_reason}, 'length', 'length');

$j = decode_json(chat('m', n => 3)->{content});
is(@{$j->{choices}}, 3, 'n');
is($j->{usage}{completion_tokens}, 36, 'n choices are billed');

$j = decode_json(chat('m+cached=2+reasoning=4+tokens=7')->{content});
is($j->{usage}{prompt_tokens_details}{cached_tokens}, 2, 'cached');
is($j->{usage}{completion_tokens_details}{reasoning_tokens}, 4, 'reasoning');
is($j->{usage}{completion_tokens}, 7, 'tokens=');

# what counts as text

$j = decode_json(post('/x/v1/chat/completions', '{ "stream" : false, "messages"'
    . ': [ {"role":"system","content":[{"type":"text","text":"a\"b\\\\"},'
    . '{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]},'
    . '{"role":"user","content":null} ] , "model": "m" }')->{content});
is($j->{usage}{prompt_tokens}, 2, 'text as written, images not counted');

$j = decode_json(post('/v1/chat/completions', '{"model":"m","messages":[],'
    . '"tools":[{"a":["b"]}]}')->{content});
is($j->{usage}{prompt_tokens}, 4, 'tools count');

# streams

$r = chat('m', stream => JSON::PP::true);
my $e = events($r);
like($r->{headers}{'content-type'}, qr!^text/event-stream!, 'stream type');
is(@$e, 1 + 12 + 1 + 1, 'role, tokens, finish, [DONE]');
is($e->[-1], '[DONE]', '[DONE]');
is(decode_json($e->[0])->{choices}[0]{delta}{role}, 'assistant', 'role');
is(decode_json($e->[-2])->{choices}[0]{finish_reason}, 'stop', 'finish');
ok(!grep({ /usage/ } @$e), 'no usage unless asked');

my %usage = (stream => JSON::PP::true,
    stream_options => { include_usage => JSON::PP::true });
$e = events(chat('m', %usage));
is(@$e, 16, 'one chunk more');
$j = decode_json($e->[-2]);
is_deeply($j->{choices}, [], 'its choices are empty');
is($j->{usage}{completion_tokens}, 12, 'its usage');
ok(exists decode_json($e->[1])->{usage}, 'usage null before');

$e = events(chat('m', %usage, n => 2));
is(@$e, 2 + 24 + 2 + 1 + 1, 'two choices, interleaved');

# faults in streams

my ($data, $end) = raw('m+cut=3', 0, %usage);
is(() = $data =~ /^data: /mg, 3, 'cut=3: three events');
is($end, 0, 'then closed');
unlike($data, qr/\r\n0\r\n/, 'no last chunk');

is(@{events(chat('m+nousage', %usage))}, 15, 'nousage');
is(@{events(chat('m+usagetwice', %usage))}, 17, 'usagetwice');
is(events(chat('m+nodone', %usage))->[-1] eq '[DONE]', '', 'nodone');
like(events(chat('m+midusage', %usage))->[3], qr/"prompt_tokens":3/,
    'midusage');
like(events(chat('m+errorevent=2', %usage))->[2], qr/^\{"error"/,
    'errorevent');
like(chat('m+crlf', %usage)->{content}, qr/\r\n\r\ndata: \[DONE\]\r\n\r\n$/,
    'crlf');
like(chat('m+cr', %usage)->{content}, qr/\r\rdata: \[DONE\]\r\r$/, 'cr');
like(chat('m+noblank', %usage)->{content}, qr/[^\n]\n$/, 'noblank');
like(chat('m+blank', %usage)->{content}, qr/^: keep-alive\n\n/, 'comments');
ok(length(events(chat('m+bigevent=70000', %usage))->[1]) > 70000, 'bigevent');
is(@{events(chat('m+oneb', %usage))}, 16, 'byte by byte');
is(decode_json(events(chat('m+toolcall', %usage))->[1])
    ->{choices}[0]{delta}{tool_calls}[0]{function}{name}, 'get_weather',
    'toolcall');

# faults of answers

is(chat("sim-$_")->{status}, $_, "status $_")
    for qw(400 401 402 404 429 500 502 503 529);
is(chat('sim-429')->{headers}{'retry-after'}, 1, 'Retry-After');
is(chat('sim-503=37')->{headers}{'retry-after'}, 37, 'Retry-After, its value');
like(chat('sim-429quota')->{content}, qr/"code":"insufficient_quota"/,
    '429quota');
is(HTTP::Tiny->new(max_redirect => 0)->request('POST',
    "$base/v1/chat/completions", { content => '{"model":"sim-redirect"}' })
    ->{status}, 301, 'redirect');
like(chat('sim-html')->{content}, qr/<html>/, 'html');
ok(!eval { decode_json(chat('sim-badjson')->{content}); 1 }, 'badjson');
like(chat('m+blank')->{content}, qr/^\n\n\n\{/, 'empty lines before JSON');
unlike(chat('m+nousage')->{content}, qr/"usage":/, 'nousage, JSON');
is(decode_json(chat('m+zerousage')->{content})->{usage}{total_tokens}, 0,
    'zerousage');
is(decode_json(chat('m+neg')->{content})->{usage}{prompt_tokens}, -4, 'neg');
like(chat('m+huge')->{content}, qr/"prompt_tokens":9000000000000000000,/,
    'huge');
like(chat('m+strusage')->{content}, qr/"prompt_tokens":"3"/, 'strusage');
is(() = chat('m+usagetwice')->{content} =~ /"usage":/g, 2, 'usage twice, JSON');
is(decode_json(chat('m+ignorecap', max_tokens => 40)->{content})
    ->{usage}{completion_tokens}, 80, 'ignorecap');
is(length decode_json(chat('m+longjson=100000')->{content})
    ->{choices}[0]{message}{content}, 100000, 'longjson');
is(length chat('m+bighead=5000')->{headers}{'x-sim-filler'}, 5000, 'bighead');
is(decode_json(chat('m+chunked+longjson=9000')->{content})
    ->{usage}{prompt_tokens}, 3, 'chunked');

($data, $end) = raw('sim-close');
is("$data/$end", '/0', 'close');
($data, $end) = raw('sim-reset');
like("$data/$end", qr!^/.*reset!, 'reset');
($data, $end) = raw('m+cut+longjson=5000');
ok($end eq '0' && $data =~ /\{"id"/ && $data !~ /"usage":/, 'cut, JSON');

# hanging: the log says that it was asked and not answered

post('/sim/reset', '');
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
print $s "POST /v1/chat/completions HTTP/1.1\r\nHost: sim\r\n"
    . "Content-Length: 20\r\n\r\n{\"model\":\"sim-hang\"}";
my $log;
for (1 .. 500) {
    $log = decode_json($http->get("$base/sim/log")->{content});
    last if @{$log->{log}};
    select undef, undef, undef, 0.01;
}
is($log->{log}[0]{status}, 0, 'hang: no answer');
close $s;
for (1 .. 500) {
    $log = decode_json($http->get("$base/sim/log")->{content});
    last if $log->{log}[0]{aborted};
    select undef, undef, undef, 0.01;
}
ok($log->{log}[0]{aborted}, 'the client left: aborted');

# the log

post('/sim/reset', '');
chat('m', user => "\x{fc}");
$log = decode_json($http->get("$base/sim/log")->{content});
is($log->{requests}, 1, 'requests');
my $entry = $log->{log}[0];
is($entry->{method}, 'POST', 'method');
is($entry->{path}, '/v1/chat/completions', 'path');
is($entry->{host}, "127.0.0.1:$port", 'host');
is($entry->{headers}{authorization}, 'Bearer sk-test', 'authorization');
is(decode_json(do { my $b = $entry->{body}; utf8::encode($b); $b })->{user},
    "\x{fc}", 'body');
is(length $entry->{body_sha256}, 64, 'sha256');
ok($entry->{done} && !$entry->{aborted}, 'done');

# the queue

is(post('/sim/next', { faults => [ '429', 'ok', '500' ] })->{status}, 200,
    'next');
is(join(',', map { chat('m')->{status} } 1 .. 4), '429,200,500,200',
    'one each, for any model');
is(post('/sim/next', { faults => [ 'nonsense' ] })->{status}, 400,
    'an unknown fault');
is(chat('m+nonsense')->{status}, 200, 'a model name that says no fault');

# embeddings, completions, models

$j = decode_json(post('/v1/embeddings', { model => 'e', dimensions => 5,
    input => [ 'abcd', 'ef' ] })->{content});
is(@{$j->{data}}, 2, 'embeddings: one each');
is(@{$j->{data}[1]{embedding}}, 5, 'dimensions');
is_deeply($j->{usage}, { prompt_tokens => 2, total_tokens => 2 },
    'their usage');
$j = decode_json(post('/v1/embeddings', { model => 'e', dimensions => 4,
    input => [ [ 1, 2, 3 ], [ 4, 5 ] ], encoding_format => 'base64' })
    ->{content});
is(@{$j->{data}}, 2, 'arrays of token ids');
is($j->{usage}{prompt_tokens}, 5, 'a token id is a token');
is($j->{data}[0]{embedding}, 'zcxMPc3MTL7NzMw9zcxMPQ==', 'base64');

$j = decode_json(post('/v1/completions', { model => 'c', prompt => 'abcd' ,
    max_tokens => 4 })->{content});
is($j->{object}, 'text_completion', 'completions');
is(length $j->{choices}[0]{text}, 16, 'text');
is($j->{usage}{completion_tokens}, 4, 'their usage');
$e = events(post('/v1/completions', { model => 'c', prompt => 'abcd', %usage,
    max_tokens => 4 }));
is(@$e, 4 + 1 + 1 + 1, 'completions, streamed');

is(decode_json($http->get("$base/v1/models")->{content})->{object}, 'list',
    'models');
is(post('/v1/nothing', '{}')->{status}, 404, 'anything else');

# transport

my $big = '{"model":"m","messages":[{"role":"user","content":"'
    . 'x' x 4000000 . '"}]}';
is(decode_json(post('/v1/chat/completions', $big)->{content})
    ->{usage}{prompt_tokens}, 1000000, '4 MB');
$log = decode_json($http->get("$base/sim/log")->{content});
is($log->{log}[-1]{body}, undef, 'a large body is not kept');
is($log->{log}[-1]{body_bytes}, length $big, 'its length is');

my @pieces = ('{"model":"m",', '"messages":[{"content":"abcd"}]}');
$r = $http->request('POST', "$base/v1/chat/completions",
    { content => sub { return shift @pieces } });
is(decode_json($r->{content})->{usage}{prompt_tokens}, 1, 'chunked request');

my $one = "POST /v1/chat/completions HTTP/1.1\r\nHost: s\r\n"
    . "Content-Length: 13\r\n\r\n{\"model\":\"m\"}";
$s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
print $s $one x 2, "GET /v1/models HTTP/1.0\r\nHost: s\r\n\r\n";
$data = do { local $/; <$s> };
is(() = $data =~ /^HTTP\/1.1 200/mg, 3, 'pipelined; HTTP/1.0 is closed');

my @many = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1',
    PeerPort => $port) or die $! } 1 .. 300;
print $_ $one for @many;
$_->flush for @many;
is(scalar(grep { sysread $_, my $d, 12; $d eq 'HTTP/1.1 200' } @many), 300,
    '300 connections at once');
close $_ for @many;

is(term($pid), 0, 'SIGTERM ends it cleanly');

# rules of the command line, in the order of the requests

($pid, $port) = sim('--listen', '127.0.0.1:0', '--fault', '1:500',
    '--fault', '3-4:503', '--fault', '100%:429', '--log', "$dir/log");
$base = "http://127.0.0.1:$port";
is(join(',', map { chat('m')->{status} } 1 .. 5), '500,429,503,503,429',
    '--fault by order and by chance');
is(chat('sim-402')->{status}, 402, 'the model comes before them');
term($pid);
open my $f, '<', "$dir/log" or die $!;
is(scalar(my @lines = <$f>), 6, '--log: a line each');

# canned

($pid, $port) = sim('--listen', '127.0.0.1:0', '--canned');
$base = "http://127.0.0.1:$port";
$r = post('/v1/chat/completions', 'x' x 1000000);
ok(length($r->{content}) > 1000 && length($r->{content}) < 1300,
    'canned: 1.1 KB');
is(decode_json($r->{content})->{usage}{prompt_tokens}, 250, 'its usage');
$e = events(post('/stream/v1/chat/completions', 'x' x 100));
is(@$e, 52, '50 events, usage, [DONE]');
decode_json($_) for @$e[0 .. 50];
is(post('/v1/chat/completions', '{}')->{status}, 200, 'and again');
term($pid);

# TLS

SKIP: {
    skip 'no openssl', 3 if system("openssl req -x509 -newkey rsa:2048 -nodes"
        . " -subj /CN=sim.test -days 2 -keyout $dir/key -out $dir/cert"
        . " > /dev/null 2>&1");
    ($pid, my $tls, my $plain) = sim('--listen-tls', '127.0.0.1:0',
        '--listen', '127.0.0.1:0', '--tls-cert', "$dir/cert",
        '--tls-key', "$dir/key");
    my $body = '{"model":"m+tokens=20000","messages":[]}';
    open $f, '>', "$dir/request" or die $!;
    print $f "POST /v1/chat/completions HTTP/1.1\r\nHost: sim.test\r\n"
        . "Connection: close\r\nContent-Length: " . length($body)
        . "\r\n\r\n$body";
    close $f;
    $data = `openssl s_client -quiet -servername sim.test -ign_eof \\
        -connect 127.0.0.1:$tls < $dir/request 2> /dev/null`;
    like($data, qr/^HTTP\/1.1 200.*"completion_tokens":20000/s, 'TLS');
    $log = decode_json($http->get("http://127.0.0.1:$plain/sim/log")
        ->{content});
    is($log->{log}[0]{sni}, 'sim.test', 'SNI');
    ok($log->{log}[0]{tls}, 'tls');
    term($pid);
}

# other shapes: what is counted, what is refused, a model in the path

{
    my ($pid, $port) = sim('--listen', '127.0.0.1:0', '--tokens', 3);
    my $hello = [{ role => 'user', content => 'hello' }];
    my $parts = [{ role => 'user', content => [{ text => 'hello' }] }];
    my $r;

    local $base = "http://127.0.0.1:$port";

    $r = post('/v1/messages/count_tokens', { model => 'm',
        messages => $hello });
    is($r->{content}, '{"input_tokens":2}', 'a count of tokens');
    is($r->{headers}{'x-sim-cost-tokens'}, '2,0,0,0', 'which costs input');

    $r = post('/v1/messages', { model => 'm', messages => $hello });
    is($r->{status}, 400, 'Anthropic: a cap is required');
    is(decode_json($r->{content})->{error}{type}, 'invalid_request_error',
        'in its shape');

    $r = post('/model/sim-429%3d7/converse', { messages => $parts });
    is("$r->{status} $r->{headers}{'retry-after'}", '429 7',
        'Bedrock: a fault by the path');
    like($r->{content}, qr/"__type":"ThrottlingException"/, 'its class');

    $r = post('/model/sim-ok/converse', { messages => 'hello' });
    is($r->{status}, 400, 'Bedrock: another shape is refused');

    $r = post('/openai/deployments/sim-529/chat/completions'
        . '?api-version=2024-10-21', { messages => $hello });
    is($r->{status}, 529, 'Azure: a fault by the deployment');
    term($pid);
}

# wrong use

is(system("$aicost sim --fault nonsense > /dev/null 2>&1") >> 8, 2,
    'an unknown --fault');
is(system("$aicost sim --port 1 > /dev/null 2>&1") >> 8, 2,
    'an unknown option');
like(`$aicost sim --listen nowhere 2>&1`,
    qr/^aicost: sim: "nowhere" is not ADDRESS:PORT/, 'a wrong address');
like(`$aicost help sim`, qr/errorevent/, 'help lists the faults');

done_testing();

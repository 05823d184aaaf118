#!/usr/bin/perl

# Tests for aicost key, and for how the command line finds the console.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP;
use Test::More;

my $aicost = $ENV{AICOST} || 'objs/aicost';
-x $aicost or plan skip_all => "no $aicost: make cli";

my $dir = tempdir(CLEANUP => 1);
my $file = "$dir/consumers.json";
delete @ENV{qw(AICOST_CONSOLE AICOST_TOKEN_FILE)};

sub run {
    my $text = `$aicost @_ 2>&1`;
    return wantarray ? ($? >> 8, $text) : $text;
}

sub key { return run("key $_[0] --consumers $file @_[1 .. $#_]") }

sub consumers {
    open my $f, '<', $file or die "$file: $!";
    local $/;
    return decode_json(<$f>)->{consumers};
}

sub spew {
    open my $f, '>', $_[0] or die "$_[0]: $!";
    print $f $_[1];
    close $f;
}

# add

my ($rc, $key) = key('add', 'chatbot', '--use-case support --critical',
    '--tiers local,cheap --max-tier cheap --max-output-tokens 4096',
    '--budget day=10EUR --budget t=200kt --tag cost_centre=4711',
    '--value-per-outcome 0.80EUR --expires 2099-01-01T00:00:00Z');
chomp $key;
is($rc, 0, 'add');
like($key, qr/^aic_[0-9A-Za-z]{43}$/, 'the key');
my $digest = sha256_hex($key);
is_deeply(consumers(), [ { name => 'chatbot', use_case => 'support',
    critical => JSON::PP::true, tiers => [ 'local', 'cheap' ],
    max_tier => 'cheap', max_output_tokens => 4096,
    budgets => { day => '10EUR', t => '200kt' },
    tags => { cost_centre => '4711' }, value_per_outcome => '0.80EUR',
    keys => [ { sha256 => $digest, expires => '2099-01-01T00:00:00Z' } ] } ],
    'the file holds the digest');
is((stat $file)[2] & 07777, 0640, 'not for everyone');

chmod 0600, $file;
my $second = key('add', 'chatbot');
chomp $second;
isnt($second, $key, 'another key');
is(@{consumers()->[0]{keys}}, 2, 'beside the first');
is(consumers()->[0]{use_case}, 'support', 'what was there stays');
is((stat $file)[2] & 07777, 0600, 'the mode stays');
is_deeply([ glob "$dir/*.json.??????" ], [], 'no temporary file is left');

my $json = decode_json(scalar key('add', 'batch', '--json',
    '--expires 2020-01-01'));
is($json->{sha256}, sha256_hex($json->{key}), '--json');

# list

my $list = key('list');
my $short = substr $digest, 0, 8;
like($list, qr/^chatbot +$short +2099-01-01T00:00:00Z +valid +support +cr/m,
    'list');
like($list, qr/^batch .* expired/m, 'expired');
unlike($list, qr/aic_|[0-9a-f]{9}/, 'no key, no longer piece of a digest');
unlike(key('list', '--json'), qr/aic_|[0-9a-f]{9}/, 'nor in JSON');

# revoke

is((key('revoke', substr $digest, 0, 7))[0], 1, 'seven digits are too few');
is((key('revoke', $short))[0], 0, 'by digest');
is_deeply([ map { $_->{sha256} } @{consumers()->[0]{keys}} ],
    [ sha256_hex($second) ], 'that one only');
is((key('revoke', $short))[0], 1, 'gone already');
is((key('revoke', 'chatbot'))[0], 0, 'by name');
is_deeply(consumers()->[0]{keys}, [], 'all of them');
is(@{consumers()}, 2, 'the consumer stays');

# nothing that the gateway would refuse is written

my $before = consumers();
($rc, my $said) = key('add', 'x', '--value-per-outcome 80cents');
is($rc, 1, 'a wrong value');
like($said, qr/not written, the gateway would refuse it/, 'says so');
unlike($said, qr/aic_/, 'and shows no key');
is_deeply(consumers(), $before, 'the file is as it was');
is((key('add', 'x', '--expires tomorrow'))[0], 2, 'a wrong time');
is((key('add', 'x', '--budget 10EUR'))[0], 2, 'a wrong budget');
is((key('add'))[0], 2, 'no name');
is((key('rename', 'x'))[0], 2, 'no such thing');

spew($file, '{"version": 1, "consumers": [{"name": 3}]}');
($rc, $said) = key('add', 'x');
is($rc, 1, 'a broken file');
like($said, qr/consumers\.json:\d+:\d+: /, 'line and column');
unlink $file;
is((key('list'))[0], 1, 'no file');

my @pids = map { my $n = $_; my $pid = fork;
    if (!$pid) {
        exec "$aicost key add --consumers $file c$n > /dev/null";
    }
    $pid } 1 .. 8;
waitpid $_, 0 for @pids;
is(@{consumers()}, 8, 'eight at once lose nothing');

# the console: a server that says what it was asked

my $server = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1')
    or die $!;
my $url = 'http://127.0.0.1:' . $server->sockport . '/console/';
spew("$dir/token", "  secret-token\n");

sub asked {
    my ($status, $answer, $command) = @_;
    my $pid = open my $out, '-|', "$command 2>&1" or die $!;
    my $c = $server->accept;
    my ($head, $length, $body) = ('', 0, '');
    while (my $line = <$c>) {
        last if $line eq "\r\n";
        $head .= $line;
        $length = $1 if $line =~ /^content-length: (\d+)/i;
    }
    read $c, $body, $length if $length;
    print $c "HTTP/1.1 $status Status\r\nLocation: http://127.0.0.1:9/\r\n"
        . "Content-Length: " . length($answer)
        . "\r\nConnection: close\r\n\r\n$answer";
    close $c;
    my $said = do { local $/; <$out> };
    close $out;
    return ($? >> 8, $said, $head, $body);
}

my $to = "--console $url --token-file $dir/token";
my ($head, $body);
($rc, $said, $head, $body) = asked(200, '{"ok":true}',
    "http_proxy=http://127.0.0.1:9 $aicost mode downgrade 80% $to");
is($rc, 0, 'mode');
like($head, qr!^POST /console/api/mode HTTP!, 'its address');
like($head, qr/^Authorization: Bearer secret-token\r$/m, 'the token');
is_deeply(decode_json($body), { mode => 'downgrade', share => '80%' },
    'its body');
like($said, qr/^mode downgrade, 80%/, 'one line');

($rc, $said, $head, $body) = asked(200, '{}', "$aicost mode normal $to");
is_deeply(decode_json($body), { mode => 'normal' }, 'mode normal');

$ENV{AICOST_CONSOLE} = $url;
$ENV{AICOST_TOKEN_FILE} = "$dir/token";
($rc, $said, $head, $body) = asked(200, '{"killed":1}',
    "$aicost kill day --key chatbot --why 'a loop' --json");
is_deeply(decode_json($body), { budget => 'day', key => 'chatbot',
    why => 'a loop' }, 'kill, found by the environment');
is_deeply(decode_json($said), { killed => 1 }, '--json');
($rc, $said, $head, $body) = asked(200, '{}', "$aicost resume");
is_deeply(decode_json($body), { budget => undef, key => undef, why => '' },
    'resume everything');
like($head, qr!^POST /console/api/resume!, 'its address');

($rc, $said, $head) = asked(200, '{"mode":"normal","budgets":[{"name":"day",'
    . '"left":"3.20"}]}', "$aicost status");
like($head, qr!^GET /console/api/status!, 'status');
like($said, qr/^budgets\.day\.left +3\.20$/m, 'as a table');

($rc, $said) = asked(403, '{"error":{"message":"no writes here"}}',
    "$aicost resume");
is("$rc $said", "1 aicost: ${url}api/resume: 403, no writes here\n",
    'the reason of a refusal');
is((asked(301, '', "$aicost status"))[0], 1, 'a redirect is not followed');
is((asked(200, 'hello', "$aicost status"))[0], 1, 'no JSON');

# explain

spew("$dir/key", "aic_key\n");
my $request = 't/data/requests/chat-short-en.json';
($rc, $said, $head, $body) = asked(200, '{"tier":"cheap","model":"a/b",'
    . '"provider":"a","reason":"policy","tokens_estimated":20,'
    . '"tokens_upper":90,"cost_reserved":"0.0001","currency":"EUR",'
    . '"steps":[{"tier":"cheap","reason":"policy","candidates":["a/b","c/d"]}'
    . '],"budgets":[{"name":"day","limit":"25","used":"1.5","left":"23.5"}]}',
    "$aicost explain $request --url ${url}v1/chat/completions"
    . " --key-file $dir/key");
is($rc, 0, 'explain');
like($head, qr/^X-AICost-Explain: secret-token\r$/m, 'the operator');
like($head, qr/^Authorization: Bearer aic_key\r$/m, 'the consumer');
like($body, qr/"model":"auto"/, 'the request');
like($said, qr/^1 +cheap +policy +a\/b, c\/d$/m, 'steps');
like($said, qr/^day +25 +1\.5 +23\.5$/m, 'budgets');
($rc, $said) = asked(200, '{"id":"chatcmpl-1"}',
    "$aicost explain $request --url $url");
is($rc, 1, 'a provider that answered');
like($said, qr/SENT/, 'is said loudly');
is((asked(402, '{"error":{"message":"no room"}}',
    "$aicost explain $request --url $url"))[1],
    "aicost: $url: 402, no room\n", 'refused');

# wrong use

is((run('mode downgrade 800%'))[0], 2, 'too large a share');
is((run('mode'))[0], 2, 'no mode');
is((run('kill --key x'))[0], 2, 'a key of no budget');
is((run('explain x'))[0], 2, 'no address');
delete $ENV{AICOST_CONSOLE};
($rc, $said) = run('status');
is("$rc $said", "2 aicost: where is the gateway? --console URL or "
    . "AICOST_CONSOLE\n", 'no console');
is((run("status --console file:///etc/passwd"))[0], 1, 'http and https only');

is((run('nonsense'))[0], 2, 'no such command');
like(run('--version'), qr/^aicost \d+\.\d+\.\d+$/, '--version');
for my $c (qw(estimate prices key status mode kill resume explain sim)) {
    like(run("help $c"), qr/^usage: aicost $c/, "help $c");
    is(run("$c --help"), run("help $c"), "$c --help");
}

done_testing();

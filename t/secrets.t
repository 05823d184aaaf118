#!/usr/bin/perl

# Tests for what must be found nowhere: keys, tokens, prompts.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

my ($PROVIDER, $PROMPT) = ('sk-provider-Zq81vX', 'prompt-Kk27wQ');

$t->write_file('provider', "$PROVIDER\n");

# a provider that says the key it was sent, in its headers and its body

my $echo = port(9001);

$t->run_daemon(sub {
	my $l = IO::Socket::INET->new(Listen => 16, ReuseAddr => 1,
		LocalAddr => "127.0.0.1:$echo") or die "echo: $!\n";

	while (my $c = $l->accept()) {
		my ($head, $line) = ('');
		$head .= $line while defined($line = <$c>) && $line ne "\r\n";
		my ($n) = $head =~ /Content-Length: (\d+)/i;
		read $c, my $body, $n || 0;
		my $key = $head =~ /Authorization: (\S+ \S+)/i ? $1 : '';

		my $e = encode_json({ error => { message =>
			"Incorrect API key provided: $key",
			code => $key, param => $body } });
		print $c "HTTP/1.1 401 Unauthorized\r\nX-Key: $key\r\n"
			. "WWW-Authenticate: $key\r\n"
			. "Content-Type: application/json\r\nContent-Length: "
			. length($e) . "\r\nConnection: close\r\n\r\n$e";
		close $c;
	}
});

$t->gateway(sim => { tokens => 5 }, zone => '16m state=%%TESTDIR%%/state',
	prices => prices('echo/big' => { input => '1', output => '1',
		context => 100000, max_output => 1000 }),
	http => <<'CONF',
    aicost_provider echo http://127.0.0.1:%%PORT_9001%%/v1 api=openai
                    key=file:%%TESTDIR%%/provider;
    aicost_provider keyed http://127.0.0.1:%%PORT_9000%%/v1 api=openai
                    key=file:%%TESTDIR%%/provider;
    aicost_tier echo echo/big;
    log_format all escape=none '$aicost_consumer $aicost_use_case '
        '$aicost_user $aicost_session $aicost_critical $aicost_net '
        '$aicost_request_id $aicost_requested_model '
        '$aicost_tier $aicost_model $aicost_provider $aicost_reason '
        '$aicost_cost $aicost_budget_left';
CONF
	server => 'access_log %%TESTDIR%%/all.log all;',
	location => 'aicost_budget day $aicost_consumer 1EUR/day;');

$t->waitforsocket($echo);
$t->run();

my @secrets = ($PROVIDER, $PROMPT, consumer_key('bot'),
	consumer_key('stranger'), $Aicost::Test::OPERATOR);
my @said;

sub said {
	my ($r) = @_;
	push @said, $r->raw();
	return $r;
}

is(code(said(chat(content => $PROMPT))), '200 ', 'an answer');
is(code(said(chat(content => $PROMPT, stream => JSON::PP::true))), '200 ',
	'a stream');
is(code(said(chat(content => $PROMPT, as => 'stranger'))),
	'401 invalid_api_key', 'an unknown key');
is(said(chat(content => $PROMPT, max_tokens => $PROMPT))->status(), 400,
	'a bad value');
is(said(chat(content => $PROMPT, api_key => $PROVIDER))->status(), 400,
	'a key in the body');
is(said(http_post('/v1/chat/completions', "{\"$PROMPT", Authorization =>
	'Bearer ' . consumer_key('bot')))->status(), 400, 'broken JSON');
is(said(http_post('/v1/chat/completions', {}, Authorization => 'Bearer '
	. consumer_key('bot'), 'x-api-key' => consumer_key('stranger')))
	->status(), 401, 'two keys');

# the provider's own error is not passed on with what it echoes

my $r = said(chat(content => $PROMPT, model => 'echo'));
cmp_ok($r->status(), '>=', 400, 'a provider that refuses our key');
ok(ref $r->json(), 'is an error all the same');
ok($r->json()->{error}{code}, 'with a code');

# what it did get

$r = said(chat(model => 'keyed/big', content => $PROMPT));
my ($seen) = grep { ($_->{headers}{authorization} // '') ne '' }
	reverse $t->sim_log($t->{sim_port});
unlike(encode_json([ $t->sim_log($t->{sim_port}) ]),
	qr/\Q${\ consumer_key('bot')}/, 'no client key goes to a provider');

# the operator's side

for my $token ($Aicost::Test::OPERATOR, "$Aicost::Test::OPERATOR-not") {
	said($t->console(port(8090), 'GET', $_, $token))
		for '/api/status', '/api/spend', '/api/nothing';
}

said($t->console(port(8090), 'POST', '/api/kill', $Aicost::Test::OPERATOR,
	{ budget => 'day', key => 'someone', why => 'test' }));
said(http_get('/metrics', -port => port(8090)));
my ($rc, $out, $err) = $t->control('status');
push @said, $out, $err;

my $text = join "\n", @said;

for my $s (@secrets) {
	is(index($text, $s), -1, "not said: " . substr $s, 0, 9);
}

# and the files: logs, journal, snapshot; plan() looks into all of them once
# more when nginx has stopped

$t->secret(@secrets);
ok($t->reload(), 'a reload writes its lines');

ok(-s $t->testdir() . '/state/journal' || -s $t->testdir()
	. '/state/snapshot' || wait_for { -s $t->testdir() . '/state/journal' },
	'a journal to look into');

###############################################################################

#!/usr/bin/perl

# Tests for all at once: clients of every shape that read, read slowly, say
# half of it or leave at any byte, providers of every shape that fail in every
# way.  No worker dies, nothing stays held, and the sums are those of the log.
#
# TEST_CHAOS    requests a client (40)
# TEST_SEED     of what happens (1)

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

my $COUNT = $ENV{TEST_CHAOS} // 40;
my $SEED = $ENV{TEST_SEED} // 1;
my $CLIENTS = 12;

my @SHAPES = qw/openai responses anthropic gemini ollama bedrock/;
my %base = (openai => '/v1', responses => '/v1', gemini => '/v1beta');
my @FAULTS = qw/ok ok ok ok 429 500=1 529 400 close reset hang
	hangbody cut=3 errorevent=2 nousage zerousage huge neg html badjson
	slow=2 delay=30 bigevent=200000 longjson=300000 oneb crlf+blank cr
	toolcall midusage usagetwice chunked ignorecap redirect bighead=9000
	aspriority cached=4+write=3+reasoning=5 slow=5+tokens=40/;

my ($http, $tiers, %models) = ('', '');

for my $shape (@SHAPES) {
	$http .= "aicost_provider $shape http://127.0.0.1:%%PORT_9000%%"
		. ($base{$shape} // '') . " api=$shape timeout=300ms;\n";
	$tiers .= "aicost_tier to-$shape $shape/m "
		. ($shape eq 'openai' ? 'anthropic' : 'openai') . "/m;\n";
	$models{"$shape/m"} = { input => '2', output => '10', cached => '0.5',
		cache_write => '2.5', max_output => 1000, context => 200000 };
}

$t->gateway(sim => { tokens => 12, keep => 4 }, prices => prices(%models),
	http => "$http $tiers aicost_failover after_send=1;", zone => '16m lease=2s',
	location => <<'CONF', server => <<'CONF2')->run();
            aicost_budget day $aicost_consumer 1000EUR/day;
            aicost_budget all all 1000EUR/day mode=upper;
            aicost_drain max=4 time=200ms;
CONF
        location /v1beta/ {
            aicost_pass premium;
            aicost_budget all all 1000EUR/day mode=upper;
            aicost_drain off;
        }
CONF2

my $sim = $t->{sim_port};
my @before;
wait_for { @before = $t->workers(); @before == 2 };

srand($SEED);
my @seeds = map { int(rand(1 << 30)) } 1 .. $CLIENTS;

my %did;
for my $did (parallel($CLIENTS, sub { client($seeds[$_[0]]) })) {
	$did{$_} += $did->{$_} for keys %$did;
}
diag(join ', ', map { "$did{$_} $_" } sort keys %did);

cmp_ok($did{whole} // 0, '>', $CLIENTS * $COUNT / 8, 'many were answered');
cmp_ok($did{left} // 0, '>', $CLIENTS * $COUNT / 8, 'many left');

# it settles: no provider waits for longer than its timeouts

ok(wait_for(sub { my $s = $t->status_now(); $s && $s->{open} == 0 }, 60),
	'nothing stays open');
is((metric($t->metrics_now(), 'aicost_reserved') // 0) + 0, 0,
	'nothing stays reserved');
is(join(' ', $t->workers()), join(' ', @before), 'the workers are the same');

# a line a request that was understood, and their sum is what was paid

my ($sum, $total);
wait_for {
	($sum, $total) = (0, 0);
	$sum += nano($_->{cost}) for $t->ledger();
	$total = nano(metric($t->metrics_now(), 'aicost_cost_total') // 0);
	$sum == $total;
};
is($sum, $total, 'what was paid is the sum of the log');
cmp_ok($sum, '>', 0, 'which is not nothing');

$t->sim_reset($sim);
is(chat(model => 'premium')->status(), 200, 'and it serves');

###############################################################################

# what one client does, by its own dice: { whole, left, half, closed }

sub client {
	my ($seed) = @_;
	my %did;

	srand($seed);

	for (1 .. $COUNT) {
		$t->sim_next($sim, $FAULTS[rand @FAULTS])
			if rand() < 0.8;

		my $s = http_begin('', -timeout => 5);
		my $how = once($s, request());

		$did{$how}++;
		$how eq 'left' ? $s->abort() : $s->close();
	}

	return \%did;
}


sub once {
	my ($s, $text) = @_;
	my $dice = rand();

	# half of a request, then gone

	if ($dice < 0.1) {
		$s->write(substr $text, 0, rand length $text);
		return 'left';
	}

	# in pieces

	if ($dice < 0.2) {
		for my $part (unpack '(a300)*', $text) {
			$s->write($part) or return 'closed';
			select undef, undef, undef, 0.001;
		}

	} else {
		$s->write($text) or return 'closed';
	}

	return 'left' if $dice > 0.9;

	# gone at some byte of the answer, or in the middle of waiting

	if ($dice > 0.6) {
		my $n = rand() ** 3 * 4000;

		$s->read_until(sub { length $_[0] > $n }, rand() * 0.2);
		return 'left';
	}

	my $r = $s->finish();

	return $r && $r->complete() ? 'whole' : 'closed';
}


sub request {
	my $shape = $SHAPES[rand @SHAPES];
	my @clients = qw/openai responses anthropic gemini/;
	my $client = $clients[rand @clients];
	my $stream = rand() < 0.6;
	my $text = 'hello ' x (rand() < 0.1 ? 20000 : 1 + rand 100);
	my $turns = [ { role => 'user', content => $text } ];
	my %stream = $stream ? (stream => JSON::PP::true) : ();
	my $tier = "to-$shape";

	my ($path, $body) = $client eq 'openai' ? ('/v1/chat/completions',
			{ model => $tier, %stream, messages => $turns })
		: $client eq 'responses' ? ('/v1/responses',
			{ model => $tier, %stream, input => $text })
		: $client eq 'anthropic' ? ('/v1/messages', { model => $tier,
			%stream, max_tokens => 20, messages => $turns })
		: ("/v1beta/models/$tier:" . ($stream
			? 'streamGenerateContent?alt=sse' : 'generateContent'),
			{ contents => [ { role => 'user',
				parts => [ { text => $text } ] } ] });
	$body = encode_json($body);

	return "POST $path HTTP/1.1\r\nHost: localhost\r\n"
		. "Authorization: Bearer " . consumer_key('bot')
		. "\r\nContent-Type: application/json\r\nContent-Length: "
		. length($body) . "\r\n\r\n$body";
}

###############################################################################

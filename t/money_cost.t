#!/usr/bin/perl

# Tests for what a call costs: the access log, the header and the comment of a
# stream say the sum of tokens and prices, to the nano, whatever the answer.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Math::BigInt;

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

my $RATE = '0.921737';                  # EUR a USD

my %odd = (input => '2.500013', output => '10.07', cached => '0.250007',
	cache_write => '3.125', context => 100000, max_output => 10000,
	above => [ { tokens => 400, input => '5.01', output => '15.000001' } ]);

my %models = (
	'sim/odd' => \%odd,
	'sim/plain' => { input => '0.333333', output => '1.777777' },
	'sim/embed' => { mode => 'embedding', input => '0.020001' },
	'sim/free' => { free => JSON::PP::true },
);

$t->gateway(
	prices => prices(%models),
	pass => 'odd',
	http => <<'CONF',
    log_format cost escape=json '{"id":"$aicost_request_id",'
        '"cost":$aicost_cost,"text":"$aicost_cost","saved":$aicost_saved,'
        '"saved_text":"$aicost_saved","in":$aicost_tokens_in,'
        '"cached":$aicost_tokens_cached,"out":$aicost_tokens_out,'
        '"reserved":"$aicost_cost_reserved","settled":"$aicost_settled"}';

    aicost_tier none sim/free;
    aicost_tier embed sim/embed;
    aicost_tier plain sim/plain;
    aicost_tier odd sim/odd;
CONF
	server => 'access_log %%TESTDIR%%/cost.log cost;',
);

my $conf = $t->read_file('nginx.conf');
$conf =~ s/usd=1;/usd=$RATE;/ or die;
$t->write_file('nginx.conf', $conf)->run();

my $port = $t->{sim_port};
my ($lines, $total) = (0, 0);

my $long = 'word ' x 400;               # 500 tokens, beyond the step

# name, model, what the provider does, the request

for my $case (
	['plain', 'plain', 'tokens=7'],
	['one token', 'odd', 'tokens=1'],
	['many tokens', 'odd', 'tokens=3001', max_tokens => 4000],
	['cached input', 'odd', 'tokens=33+cached=41',
		content => 'x' x 400],
	['all input cached', 'odd', 'tokens=5+cached=9999'],
	['cache writes', 'odd', 'tokens=9+write=37', content => 'x' x 400],
	['cached and written', 'odd', 'tokens=11+cached=13+write=17',
		content => 'x' x 400],
	['no price for cached', 'plain', 'tokens=3+cached=50+write=30',
		content => 'x' x 400],
	['reasoning', 'odd', 'tokens=44+reasoning=40'],
	['two choices', 'odd', 'tokens=21', n => 2],
	['a long prompt', 'odd', 'tokens=10', content => $long],
	['a long prompt, cached', 'odd', 'tokens=10+cached=450',
		content => $long],
	['free', 'none', 'tokens=10'],
	['a cap in the way', 'odd', 'tokens=100', max_tokens => 30],
)
{
	my ($name, $model, $fault, %ask) = @$case;

	for my $stream (0, 1) {
		$t->sim_next($port, $fault);
		my $r = chat(model => $model, $stream
			? (stream => JSON::PP::true) : (), %ask);
		costs("$name, " . ($stream ? 'stream' : 'JSON'), $r, $model,
			$stream, $fault);
	}
}

for my $stream (0, 1) {
	$t->sim_next($port, 'tokens=12');
	costs('completions', http_post('/v1/completions', { model => 'odd',
		prompt => 'once upon a time', max_tokens => 40,
		$stream ? (stream => JSON::PP::true) : () },
		Authorization => 'Bearer ' . consumer_key('bot')), 'odd',
		$stream, '');
}

costs('embeddings', http_post('/v1/embeddings', { model => 'embed',
	input => ['some text', 'and more of it'], dimensions => 4 },
	Authorization => 'Bearer ' . consumer_key('bot')), 'embed', 0, '');

###############################################################################

# "auto" is what the policy says: nothing saved.  The counters have the sum.

$t->sim_next($port, 'tokens=12');
my ($line) = costs('auto', chat(), 'odd', 0, '');
is($line->{saved_text}, '0.00', 'nothing saved');

my $m = $t->metrics_now();
is(nano_of(metric($m, 'aicost_cost_total', currency => 'EUR')), $total,
	'the metrics have the sum');
is(metric($m, 'aicost_reserved', currency => 'EUR') // 0, 0, 'nothing held');

my $spend = $t->console(port(8090), 'GET', '/api/spend?by=consumer',
	$Aicost::Test::OPERATOR)->body();
like($spend, qr/"cost":"?@{[ decimal($total) ]}\b/, 'and the console');

###############################################################################

sub costs {
	my ($name, $r, $model, $stream, $fault) = @_;

	is($r->status(), 200, "$name: status");

	my $seen = ($t->sim_wait($port, $lines + 1))[-1];
	my ($in, $out) = @$seen{qw/tokens_in tokens_out/};
	my $cached = least($fault =~ /cached=(\d+)/ ? $1 : 0, $in);
	my $write = least($fault =~ /write=(\d+)/ ? $1 : 0, $in - $cached);

	my $want = cost("sim/" . ($model eq 'none' ? 'free' : $model), $in,
		$cached, $write, $out);
	my $base = cost('sim/odd', $in, $cached, $write, $out);

	my $said = $stream ? comment($r) : $r->header('X-AICost-Cost');
	is($said, decimal($want) . ' EUR', "$name: answer");

	my @log;
	$lines++;
	wait_for {
		my $text = $t->read_log('cost.log');
		@log = split /\n/, $text;
		($text =~ tr!\n!!) >= $lines;
	};

	my $l = decode_json($log[-1]);

	is($l->{id}, $r->header('X-AICost-Request-Id'), "$name: id");
	is($l->{text}, decimal($want), "$name: log");
	is("$l->{in} $l->{cached} $l->{out}", "$in $cached $out",
		"$name: tokens");
	is($l->{settled}, 'usage', "$name: settled");
	is($l->{saved_text}, decimal($base > $want ? $base - $want : 0),
		"$name: saved");
	cmp_ok(nano($l->{reserved}), '>', 0, "$name: reserved")
		if $model ne 'none';

	$total += $want;

	return $l;
}


# ceil(sum(tokens x pico-USD) x rate_ppm / 10^9)

sub cost {
	my ($model, $in, $cached, $write, $out) = @_;
	my %p = %{ $models{$model} };

	return 0 if $p{free};

	for my $step (@{ $p{above} || [] }) {
		%p = (%p, %$step) if $in > $step->{tokens};
	}

	$p{cached} //= $p{input};
	$p{cache_write} //= $p{input};
	$p{output} //= $p{input};

	my $sum = Math::BigInt->new(0);
	$sum += Math::BigInt->new($in - $cached - $write) * pico($p{input});
	$sum += Math::BigInt->new($cached) * pico($p{cached});
	$sum += Math::BigInt->new($write) * pico($p{cache_write});
	$sum += Math::BigInt->new($out) * pico($p{output});

	my $product = $sum * scaled($RATE, 6);
	my ($q, $rest) = $product->bdiv(1_000_000_000);

	return ($q + ($rest ? 1 : 0))->numify();
}


sub pico {
	return Math::BigInt->new(scaled($_[0], 6));
}


# "0.25", 6: 250000

sub scaled {
	my ($decimal, $digits) = @_;
	my ($whole, $part) = split /\./, $decimal;

	return Math::BigInt->new($whole
		. substr(($part // '') . '0' x $digits, 0, $digits));
}


# at least two digits, no zeros beyond them

sub decimal {
	my ($nano) = @_;
	my $s = sprintf '%d.%09d', int($nano / 1e9), $nano % 1_000_000_000;

	$s =~ s/0{1,7}$//;
	return $s;
}


sub nano_of {
	return scaled($_[0], 9)->numify();
}


sub least {
	return $_[0] < $_[1] ? $_[0] : $_[1];
}


sub comment {
	my ($r) = @_;
	my @said = grep { /^aicost / } $r->comments();

	return 'not one comment' if @said != 1;
	return $said[0] =~ /cost=(\S+) currency=(\S+)/ ? "$1 $2" : $said[0];
}

###############################################################################

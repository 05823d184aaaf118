#!/usr/bin/perl

# Tests for service tiers: what is asked for has a price or is refused, what is
# paid is what the answer says it was served as, in every shape.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Shapes;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

my @SHAPES = qw/openai responses anthropic gemini bedrock/;
my %base = (openai => '/v1', responses => '/v1', gemini => '/v1beta');
my %row = (input => '2', output => '10', max_output => 1000,
	context => 100000);
my %service = (service => { flex => '50%', priority => '200%',
	fast => '300%' });
my ($http, %models) = '';

for my $shape (@SHAPES) {
	$http .= "aicost_provider $shape http://127.0.0.1:%%PORT_9000%%"
		. ($base{$shape} // '') . " api=$shape;\n"
		. "aicost_tier to-$shape $shape/m;\n";
	$models{"$shape/m"} = { %row, %service };
}

for my $name (qw/bare dear odd/) {
	$http .= "aicost_tier $name sim/$name;\n";
}

$models{'sim/bare'} = \%row;
$models{'sim/dear'} = { %row, service => { auto => '250%' } };
$models{'sim/odd'} = { %row, service => { flex => '33.3333%' } };

$t->gateway(sim => { tokens => 7 }, prices => prices(%models),
	http => $http,
	location => 'aicost_budget day all 1EUR/day;',
	server => <<'CONF')->run();
        location /v1beta/ {
            aicost_pass premium;
        }

        location /lenient/ {
            aicost_pass premium;
            aicost_translate lenient;
        }

        location /upper/ {
            aicost_pass premium;
            aicost_budget upper all 1EUR/day mode=upper;
        }
CONF

my $sim = $t->{sim_port};
my $whole = paid('to-openai', '');

# as the answer says

is(paid('to-openai', 'asflex', service_tier => 'flex') * 2, $whole,
	'flex is half');
is(paid('to-openai', '', service_tier => 'flex'), $whole,
	'flex that was served as default');
is(paid('to-openai', 'aspriority', service_tier => 'priority'), 2 * $whole,
	'priority is twice');
is(paid('to-openai', 'aspriority', service_tier => 'fast'), 2 * $whole,
	'fast is priority');
is(paid('to-openai', 'aspriority'), 2 * $whole,
	'priority that nobody asked for is paid all the same');
is(paid('bare', 'aspriority'), $whole, 'without a price: as the row');
is(paid('odd', 'aspriority'), $whole, 'or as the dearest of it');
is(paid('odd', 'asflex', service_tier => 'flex'),
	least($whole * 333_333, 1_000_000), 'of a third the last nano is paid');
is(paid('dear', ''), $whole, 'a dearer default that was not taken');

# what is held

my %held = map { $_ => held('to-openai', $_) }
	qw/default flex priority scale/;
$held{dear} = held('dear');

is($held{flex} * 2, $held{default}, 'flex is reserved as flex');
is($held{priority}, 2 * $held{default}, 'priority as priority');
is($held{scale}, undef, 'what has no price is not');
is($held{dear}, least($held{default} * 5, 2), 'a dearer default as that');

my @upper = map { held('to-openai', $_, under => '/upper') }
	qw/auto flex standard priority/;
is($upper[1], $upper[0], 'upper: flex as what it may be served as');
is($upper[3], 2 * $upper[2], 'upper: priority as priority');

# refused: nothing is sent or held

for my $case ([ bare => 'flex' ], [ bare => 'priority' ],
	[ 'to-openai' => 'scale' ], [ 'to-openai' => 'turbo' ],
	[ odd => 'priority' ])
{
	my ($model, $tier) = @$case;
	my $n = $t->sim_log($sim);
	my $r = chat(model => $model, service_tier => $tier);

	is(code($r), '400 parameter_not_allowed', "$model $tier: why");
	is($r->json()->{error}{param}, 'service_tier', "$model $tier: named");
	is($t->sim_log($sim), $n, "$model $tier: reaches no provider");
}

is(chat(model => 'bare', service_tier => $_)->status(), 200, "$_: taken")
	for qw/auto default/;

# every shape, whole and streamed; Anthropic has no flex

my %said = (openai => [ service_tier => 'flex' ],
	gemini => [ serviceTier => 'flex' ],
	bedrock => [ serviceTier => { type => 'flex' } ]);
$said{responses} = $said{openai};

for my $shape (@SHAPES) {
	for my $stream (0, 1) {
		my %how = $stream ? (stream => 1) : ();
		my $name = $shape . ($stream ? ', streamed' : '');
		my $plain = cost_of("to-$shape", 'ok', %how);

		ok($plain > 0, "$name: a cost");
		is(cost_of("to-$shape", 'aspriority', %how), 2 * $plain,
			"$name: priority that it says it was");
		next if $shape eq 'anthropic';

		is(cost_of("to-$shape", 'asflex', %how,
			more => { service_tier => 'flex' }) * 2, $plain,
			"$name: flex is asked for and paid");

		my ($last) = reverse $t->sim_log($sim);
		my $body = decode_json($last->{body});
		is_deeply($body->{$said{$shape}[0]}, $said{$shape}[1],
			"$name: by its own name");
	}
}

my $r = ask('to-anthropic', more => { service_tier => 'flex' });
is(code($r), '400 parameter_not_allowed', 'Anthropic has no flex');
is($r->json()->{error}{param}, 'service_tier', 'and it is named');

$r = ask('to-anthropic', under => '/lenient',
	more => { service_tier => 'flex' });
is($r->header('X-AICost-Dropped'), 'service_tier', 'or left out and named');

# fast mode of Anthropic's clients

my @fast = (anthropic => 'to-anthropic', key => consumer_key('bot'), cap => 50);
my $slow = nano(shape_ask(@fast)->header('X-AICost-Cost'));
$t->sim_next($sim, 'asfast');
$r = shape_ask(@fast, more => { speed => 'fast' });
is(nano($r->header('X-AICost-Cost')), 3 * $slow, 'fast is three times');
is($r->json()->{usage}{speed}, 'fast', 'and the client reads it');

# what the client is told, in its own words

for my $case ([ openai => 'to-gemini', sub { $_[0]{service_tier} } ],
	[ responses => 'to-gemini', sub { $_[0]{service_tier} } ],
	[ gemini => 'to-openai', sub { $_[0]{usageMetadata}{trafficType} } ],
	[ anthropic => 'to-openai', sub { $_[0]{usage}{service_tier} } ])
{
	my ($client, $model, $of) = @$case;

	$t->sim_next($sim, 'aspriority');
	$r = shape_ask($client, $model, key => consumer_key('bot'), cap => 50);
	like($of->($r->json()), qr/priority$/i, "$client: told");
}

# of a stream that was cut, what was delivered at what was asked for

my $cut = cost_of('to-openai', 'cut=3', stream => 1);
my $half = cost_of('to-openai', 'cut=3', stream => 1,
	more => { service_tier => 'flex' });
ok($half > 0 && abs($half * 2 - $cut) < 2, 'of what was delivered as well');

# the log says it: as served, else as asked

$t->sim_next($sim, 'aspriority', 'nousage');
is(line_of('to-openai')->{service}, 'priority', 'the log: as served');
is(line_of('to-openai', more => { service_tier => 'flex' })->{service},
	'flex', 'or as asked');

###############################################################################

# nano of a chat whose provider answers so

sub paid {
	my ($model, $fault, %more) = @_;

	$t->sim_next($sim, $fault) if $fault;

	return nano(chat(model => $model, %more)->header('X-AICost-Cost'));
}


sub ask {
	my ($model, %more) = @_;

	return shape_ask('openai', $model, key => consumer_key('bot'),
		cap => 50, %more);
}


# the same by the log's line, streamed too

sub cost_of {
	my ($model, $fault, %more) = @_;

	$t->sim_next($sim, $fault);

	return nano(line_of($model, %more)->{cost});
}


sub held {
	my ($model, $tier, %more) = @_;
	my $line = line_of($model, %more,
		$tier ? (more => { service_tier => $tier }) : ());

	return $line->{status} == 200 ? nano($line->{reserved}) : undef;
}


# the log's line of a request of ours

sub line_of {
	my ($model, %more) = @_;
	my $id = ask($model, %more)->header('X-AICost-Request-Id');
	my $line;

	wait_for { ($line) = grep { $_->{id} eq $id } $t->ledger() };

	return $line || {};
}


sub least {
	my ($n, $of) = @_;

	return int(($n + $of - 1) / $of);
}

###############################################################################

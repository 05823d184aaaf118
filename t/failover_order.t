#!/usr/bin/perl

# Tests for the order of a tier's models, several keys, and what a location
# requires of a provider.

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

my %can = (context => 200000, max_output => 100000);
my %models = (
	'dear/m' => { input => '20', output => '100', %can },
	'fair/m' => { input => '2', output => '10', %can },
	'low/m' => { input => '0.2', output => '1', %can },
	(map { $_ => { input => '2', output => '10', %can } }
		qw(slow/m quick/m heavy/m light/m eu/m eu/sim-500 us/m
		keys/m)),
);

my $slow = $t->sim(port => 9001, latency => 120);

$t->write_file("key$_", "rotating-key-$_\n") for 1 .. 3;
$t->secret(map { "rotating-key-$_" } 1 .. 3);

my $http = join '', map {
	my $port = $_ eq 'slow' ? 9001 : 9000;
	"aicost_provider $_ http://127.0.0.1:%%PORT_$port%%/$_/v1 api=openai"
		. ($_ eq 'keys' ? join('', map { " key=file:%%TESTDIR%%/key$_" }
			1 .. 3) : '')
		. (/^(eu|us)$/ ? " region=$_ retention="
			. ($_ eq 'eu' ? 'none' : '30d') : '') . ";\n";
} qw/dear fair low slow quick heavy light eu us keys/;

$t->gateway(prices => prices(%models), http => $http . <<'HTTP',
aicost_tier listed dear/m low/m fair/m;
aicost_tier price order=price dear/m low/m fair/m;
aicost_tier latency order=latency slow/m quick/m;
aicost_tier shared heavy/m weight=3 light/m weight=1;
aicost_tier anywhere us/m eu/m;
aicost_tier europe eu/sim-500 us/m;
aicost_tier keys keys/m;
HTTP
	server => 'location /eu/ { aicost_pass anywhere; '
		. 'aicost_require region=eu; }'
		. 'location /none/ { aicost_pass anywhere; '
		. 'aicost_require region=us retention=none; }')->run();

is(model('listed'), 'dear/m', 'listed');
is(model('price'), 'low/m', 'order=price');

# latency is learned: both are tried, then the quick one is first

$t->sim_next($t->{sim_port}, '500');
model('latency') for 1 .. 4;
is(model('latency'), 'quick/m', 'order=latency');

# weights

my %count;
$count{model('shared', session => "s$_")}++ for 1 .. 200;
cmp_ok($count{'heavy/m'}, '>', 110, 'weight=3 has most');
cmp_ok($count{'light/m'}, '>', 20, 'weight=1 has some');

# every key has its turn (a worker has its own)

model('keys') for 1 .. 24;
my %keys;
$keys{$_->{headers}{authorization}}++ for
	grep { $_->{path} =~ m!^/keys/! } $t->sim_log($t->{sim_port});
is_deeply([ sort keys %keys ], [ map { "Bearer rotating-key-$_" } 1 .. 3 ],
	'keys rotate');

# what a location requires holds for every attempt

is(model('anywhere'), 'us/m', 'anywhere');
is(chat(model => 'anywhere', uri => '/eu/v1/chat/completions')
	->header('X-AICost-Model'), 'eu/m', 'region=eu');

my $r = chat(model => 'europe', uri => '/eu/v1/chat/completions');
is($r->status(), 502, 'a failure in Europe');
unlike($r->body(), qr{us/m}, 'does not leave it');
is(model('europe'), 'us/m', 'elsewhere it may');

$r = chat(model => 'anywhere', uri => '/none/v1/chat/completions');
cmp_ok($r->status(), '>=', 400, 'nobody is good enough');
is($t->status_now()->{open}, 0, 'nothing is held');

###############################################################################

sub model {
	my ($tier, @ask) = @_;

	return chat(model => $tier, @ask)->header('X-AICost-Model') // '';
}

###############################################################################

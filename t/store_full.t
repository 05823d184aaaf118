#!/usr/bin/perl

# Tests for a store that has no room for another reservation: 503, nothing is
# sent, nothing is counted; it goes on when the first leases have ended.

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

my $BATCH = 400;

# workers that die leave their reservations behind, until the lease ends

$t->gateway(sim => { fault => '100%:hang' }, zone => '8m lease=40s',
	location => 'aicost_budget all all 1000EUR/day;');
my $conf = $t->read_file('nginx.conf');
$t->write_file('nginx.conf',
	$conf =~ s/events \{\}/events { worker_connections 2048; }/r);
$t->run();
$t->expect_log(qr/exited on signal 9/);

my $sim = $t->{sim_port};
my $max = $t->status_now()->{open_max};
my $raw = chat_raw();
my $open = 0;
my @asked;

note("room for $max reservations");

while ($open < $max) {
	my $n = $max - $open < $BATCH ? $max - $open : $BATCH;
	@asked = map { http_begin($raw) } 1 .. $n;

	last unless wait_for {
		($t->status_now() || {})->{open} == $open + $n;
	};

	$open += $n;
	last if $open == $max;

	my @w = $t->workers();
	kill 'KILL', @w;
	$t->wait_old(@w);
	$_->close() for @asked;
	wait_for { $t->workers() == 2 };
}

is($open, $max, 'as many as there is room for');

my $had = $t->sim_state($sim)->{requests};
my $cost = $t->status_now()->{cost};
my $left = metric($t->metrics_now(), 'aicost_reserved', budget => 'all');

for my $stream (\0, \1) {
	my $r = chat(stream => $stream);
	my $e = ($r->json() || {})->{error} || {};

	is(code($r), '503 budget_store_unavailable', 'no room for another');
	is(join(',', sort keys %$e), 'code,message,param,type', 'its shape');
	is($e->{type}, 'server_error', 'its type');
	like($e->{message}, qr/^[^\n]+\.$/, 'a sentence');
	like($r->header('Retry-After') // '', qr/^[1-5]$/, 'Retry-After');
	is($r->header('X-AICost-Reason'), 'budget_store_unavailable',
		'its reason');
}

is($t->sim_state($sim)->{requests}, $had, 'no provider was asked');
is($t->status_now()->{open}, $max, 'nothing more is open');
is($t->status_now()->{cost}, $cost, 'nothing is spent');
is(metric($t->metrics_now(), 'aicost_reserved', budget => 'all'), $left,
	'nothing more is reserved');
is(metric($t->metrics_now(), 'aicost_refused_total',
	reason => 'budget_store_unavailable'), 2, 'the metric has them');

# what needs no room

is(http_get('/v1/models', Authorization => 'Bearer ' . consumer_key('bot'))
	->status(), 200, 'models are listed');
is(code(chat(as => 'nobody')), '401 invalid_api_key', 'others are refused');

# the first leases end

my $r;

$t->sim_next($sim, 'ok');
ok(wait_for(sub {
	($r = chat())->status() == 200;
}, 90), 'it goes on when leases have ended');

ok($t->read_log() =~ /leases ran out and were charged/, 'charged');
cmp_ok(nano($r->header('X-AICost-Budget-Left')), '<', 1e12 - $max * 100_000,
	'none of them is free');

# a provider that is gone holds up no stop

$t->sim_stop($sim);

###############################################################################

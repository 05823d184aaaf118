#!/usr/bin/perl

# Tests for a grant that its edge does not hear of, and whose lease runs out
# before the store can be told that nothing was sent: it costs nothing in the
# end.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Edge;
use Aicost::Fault;
use Aicost::Redis;

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new()
	->has(qw/module sim/))->plan();

my $LIMIT = 1_000_000_000_000;

my $r = Aicost::Redis->new($t)->start();
my $f = Aicost::Fault->new($t, to => $r->port_of());

# the second one lets leases run out
my ($e, $other) = map { Aicost::Edge->new($t,
	redis => "$_ on_error=closed timeout=2s", zone => '16m lease=2s',
	location => 'aicost_budget all all 1000EUR/month;')->run() }
	$f->url(), $r->url();

ok($_->wait_up(), 'the store is there') for $e, $other;

$f->set('mute');
my $client = $e->begin();
ok(wait_for(sub { $r->totals($LIMIT)->{open} == 1 }), 'granted');
$f->set('hang');
is($client->finish()->status(), 503, 'not heard of, refused');

my $sum;
ok(wait_for(sub { $sum = $r->totals($LIMIT); $sum->{unverified} > 0 }),
	'the lease runs out');
is($sum->{settled}, $sum->{unverified}, 'charged');

$f->set('close');
ok(wait_for(sub { $sum = $r->totals($LIMIT); $sum->{settled} == 0 }),
	'taken back when the store is told');
is($sum->{unverified}, 0, 'wholly');
is($e->logged(), 0, 'as the log says');

$_->finish() for $e, $other;

###############################################################################

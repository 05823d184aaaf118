#!/usr/bin/perl

# Tests for connections to a store that are forgotten on their way, as by a
# firewall that starts anew: nothing is heard on them, and nobody closes them.
# When one worker has a new one, all have.

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

my $WORKERS = 2;
my $ASKED = 48;
my $LIMIT = 1_000_000_000_000;

my $r = Aicost::Redis->new($t)->start();
my $f = Aicost::Fault->new($t, to => $r->port_of());
my $e = Aicost::Edge->new($t, workers => $WORKERS,
	redis => $f->url() . ' on_error=closed timeout=400ms',
	location => 'aicost_budget all all 1000EUR/month;')->run();

ok($e->wait_up(), 'the store is there');

# a worker finds out by what it asks first.  Five failures in a row are an outage;
# what else is told the store meanwhile counts too, so it may be one by chance

my ($out, $refused);
for (1 .. 6) {
	wait_for { !refused() };
	$r->wait_settled($LIMIT);
	$out = ($e->outages())[0];
	$f->set('forget');
	$refused = refused();
	last if ($e->outages())[0] == $out;
}

is(($e->outages())[0], $out, 'no outage');
cmp_ok($refused, '>', 0, 'who finds out is refused');
cmp_ok($refused, '<=', 2 * $WORKERS, 'once or twice');
ok($e->wait_up(), 'the store is there');

# some ask the store when it goes, some log in, and some do neither

for (1 .. 3) {
	my $before = () = $e->read_log('ledger.log') =~ /\n/g;

	is(refused(), 0, 'all are answered');
	cmp_ok(workers($before), '>', 1, 'by more than one worker');

	$f->set('hang');
	ok(wait_for(sub { $e->chat()->status() == 503
		&& !$e->status_now()->{fleet}{up} }), 'an outage');
	$f->set('forget');
	ok($e->wait_up(), 'which ends');
}

is(refused(), 0, 'all are answered');

my ($sum, $logged);
wait_for {
	($sum, $logged) = ($r->wait_settled($LIMIT), $e->logged());
	$sum->{settled} == $logged;
};
is($sum->{reserved}, 0, 'nothing stays reserved');
is($sum->{settled}, $logged, 'what was paid is the sum of the log');
$e->finish();

###############################################################################

sub refused {
	return scalar grep { $e->chat()->status() != 200 } 1 .. $ASKED;
}


# how many wrote the lines of the log after the first ones

sub workers {
	my ($first) = @_;
	my @lines = split /\n/, $e->read_log('ledger.log');
	my %pid = map { /"pid":(\d+)/ ? ($1 => 1) : () }
		@lines[$first .. $#lines];

	return scalar keys %pid;
}

###############################################################################

#!/usr/bin/perl

# Tests for reloads under load: no request fails, counters go on.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan(5);

my $RELOADS = 100;

$t->gateway(sim => { tokens => 5, latency => 5 },
	zone => '16m state=%%TESTDIR%%/state',
	location => 'aicost_budget all all 100EUR/day;')->run();

# four clients until the file is there

my $dir = $t->testdir();

$t->run_daemon(sub {
	my @bad = parallel(4, sub {
		my $failed = 0;

		until (-e "$dir/over") {
			# HTTP/1.1 with close: each on a connection of its own
			my $r = eval { chat(stream => rand() < 0.3 ? \1 : \0) };
			$failed++ unless $r && $r->status() == 200
				&& $r->complete();
		}

		return $failed;
	});

	open my $fh, '>', "$dir/failed.new";
	print $fh "@bad";
	close $fh;
	rename "$dir/failed.new", "$dir/failed";
});

$t->ledger(20);

for my $n (1 .. $RELOADS) {
	kill 'HUP', $t->master();
	wait_for { reloads() >= $n };
}

$t->write_file('over', '')->waitforfile('failed');
is($t->read_file('failed'), '0 0 0 0', 'no request failed');

is(reloads(), $RELOADS, 'reloads');

ok(wait_for(sub { $t->status_now()->{open} == 0 }), 'nothing is held');

my ($sum, $n) = (0, 0);
$sum += nano($_->{cost}) for my @ledger = $t->ledger();
note(scalar(@ledger) . ' requests');

is(nano($t->status_now()->{cost}), $sum, 'the console has them all');

my $r = chat();
is(100_000_000_000 - nano($r->header('X-AICost-Budget-Left')),
	$sum + nano($r->header('X-AICost-Cost')), 'and the account');

###############################################################################

sub reloads {
	return scalar(() = $t->read_log() =~ /\d: reconfiguring$/mg);
}

###############################################################################

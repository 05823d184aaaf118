#!/usr/bin/perl

# Tests for the state folder: counters over restarts, after a power cut, with
# a torn journal, and with a zone of another size.

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

my $LIMIT = 10_000_000_000;
my $paid = 0;

$t->gateway(sim => { tokens => 20 }, zone => '16m state=%%TESTDIR%%/state',
	location => 'aicost_budget all all 10EUR/day;')->run();
$t->expect_log(qr/exited on signal 9/);

is(left(), $LIMIT - $paid, 'the first request');
left() for 1 .. 4;

my $mode = (stat $t->testdir() . '/state')[2] & 07777;
is($mode, 0700, 'the folder is private');

# a restart

$t->stop()->run();
is(left(), $LIMIT - $paid, 'a restart keeps the counters');
like($t->read_log(), qr/journal": \d+ records/, 'told');

# a power cut: what is a second old is on disk

power_cut();
is(left(), $LIMIT - $paid, 'killed and started again');

# a torn tail: the last record is lost, all before it stands

power_cut(sub {
	truncate $_[0], (-s $_[0]) - 5;
	open my $fh, '>>', $_[0] or die;
	print $fh "\x01\x02\x03garbage" x 20;
	close $fh;
});

like($t->read_log(), qr/\[warn\].*torn tail of \d+ bytes/, 'cut with a warning');

my $now = left();
cmp_ok($now, '>=', $LIMIT - $paid, 'the last record is lost');
cmp_ok($now, '<=', $LIMIT - $paid + 500_000, 'and nothing else');
$paid = $LIMIT - $now;

# what is written after the cut is read again

left();
power_cut();
is(left(), $LIMIT - $paid, 'the journal goes on after the cut');

# another size of zone, without a stop

ticked();
my $conf = $t->read_file('nginx.conf');
$t->write_file('nginx.conf', $conf =~ s/zone 16m/zone 24m/r);
ok($t->reload(), 'reload with a zone of another size');
is(left(), $LIMIT - $paid, 'counters from the journal');
left();
power_cut();
is(left(), $LIMIT - $paid, 'and into it');

# a configuration that is broken changes nothing

$t->write_file('nginx.conf', 'nonsense');
ok(!$t->reload(), 'broken configuration');
$t->expect_log(qr/unknown directive|unexpected end/);

###############################################################################

sub left {
	my $r = chat();

	$paid += nano($r->header('X-AICost-Cost'));
	return nano($r->header('X-AICost-Budget-Left')) + 0;
}


# until a tick has passed that had nothing to write

sub ticked {
	my $journal = $t->testdir() . '/state/journal';
	my ($last, $same) = (-1, 0);

	wait_for {
		my $now = -s $journal || 0;
		$same = $now == $last ? $same + 1 : 0;
		$last = $now;
		$same > 130;
	};
}


sub power_cut {
	my ($damage) = @_;

	ticked();
	my @pids = ($t->master(), $t->workers());
	kill 'KILL', @pids;
	waitpid $pids[0], 0;
	wait_for { !grep { kill 0, $_ } @pids };
	delete $t->{nginx};

	$damage->($t->testdir() . '/state/journal') if $damage;
	unlink $t->testdir() . '/nginx.pid';
	$t->run();
}

###############################################################################

#!/usr/bin/perl

# Tests for a state folder that is full: traffic goes on, it is told once, and
# the journal heals.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim root/);
my $disk = $t->testdir() . '/disk';

mkdir $disk;

if (system("mount -t tmpfs -o size=256k tmpfs $disk 2>/dev/null") != 0) {
	$t->{skipped} = 1;
	plan(skip_all => 'no tmpfs can be mounted here');
}

END {
	my $code = $?;

	if ($t && $t->{pid} == $$) {
		$t->stop();
		system('umount', $disk) if $disk && -d "$disk/state";
	}

	$? = $code;
}

$t->plan();

my $LIMIT = 10_000_000_000;
my $paid = 0;

$t->gateway(sim => { tokens => 20 }, zone => '16m state=%%TESTDIR%%/disk/state',
	location => 'aicost_budget all all 10EUR/day;')->run();
$t->expect_log(qr/journal cannot be written/);

is(left(), $LIMIT - $paid, 'a request');
is($t->status_now()->{journal}, 'ok', 'the journal is written');

# full

open my $fh, '>', "$disk/fill" or die;
my $block = 'x' x 4096;
1 while syswrite $fh, $block;
close $fh;

# what is written may still fit the journal's last page

ok(wait_for(sub { left(); $t->status_now()->{journal} eq 'failing' }),
	'the disk is full');
is(chat_ok(), 20, 'traffic goes on');
is(metric($t->metrics_now(), 'aicost_store_up'), 0, 'the metric says so');
is(scalar(() = $t->read_log() =~ /\[alert\].*journal cannot be written/g), 1,
	'one alert');

# room again

unlink "$disk/fill";
ok(wait_for(sub { $t->status_now()->{journal} eq 'ok' }), 'heals by itself');
like($t->read_log(), qr/journal is written again/, 'told');

$t->stop();
$t->run();
is(left(), $LIMIT - $paid, 'nothing is lost');
unlike($t->read_log(), qr/torn tail/, 'nothing is torn');

###############################################################################

sub left {
	my $r = chat();

	$paid += nano($r->header('X-AICost-Cost') // '0');
	return nano($r->header('X-AICost-Budget-Left') // '0') + 0;
}


sub chat_ok {
	return scalar grep { my $had = $paid; left(); $paid > $had } 1 .. 20;
}

###############################################################################

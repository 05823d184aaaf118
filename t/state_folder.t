#!/usr/bin/perl

# Tests for a state folder that cannot be used: told at nginx -t and at start;
# told once at run time, where traffic goes on and what was counted is written
# when the folder is back.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/);
my $dir = $t->testdir();
my $disk = "$dir/disk";

mkdir $disk;

my $root = $> == 0
	&& system("mount -t tmpfs -o size=1m tmpfs $disk 2>/dev/null") == 0;

END {
	if ($root && $t && $t->{pid} == $$) {
		$t->stop();
		system('umount', $disk);
	}
}

$t->plan();

my $LIMIT = 10_000_000_000;
my %paid = (bot => 0, other => 0);
my $visits = 0;

$t->gateway(sim => { tokens => 20 }, consumers => { bot => {}, other => {} },
	zone => '16m state=%%TESTDIR%%/disk/state',
	location => 'aicost_budget each $aicost_consumer 10EUR/day; '
		. 'aicost_budget visit $aicost_session 100EUR/session;');

my $conf = $t->read_file('nginx.conf');

# the folder is a file, has no parent, or cannot be made: nginx -t and the
# start say so, with the path

$t->write_file('file', "not a folder\n");

my @bad = (
	['a file', "$dir/file", qr/not a directory/i],
	['no parent', "$dir/no/such/state", qr/no such file/i],
	['below a file', "$dir/file/state", qr/not a directory/i],
	['no more than a device', '/dev/null', qr/not a directory/i],
);

for my $bad (@bad) {
	my ($name, $path, $why) = @$bad;

	$t->write_file('nginx.conf', $conf =~ s!state=\S+?;!state=$path;!r
		=~ s!/error\.log!/start.log!r);

	my ($rc, undef, $err) = nginx('-t');
	isnt($rc, 0, "$name: nginx -t fails");
	like($err, qr/\[emerg\].*"\Q$path\E".*$why.* in \S+nginx\.conf:\d+$/im,
		"$name: and says why and where");

	($rc, undef, $err) = nginx();
	isnt($rc, 0, "$name: nginx does not start");
	like($err, qr/\[emerg\].*"\Q$path\E".*$why/i, "$name: says why");
}

is($t->read_file('file'), "not a folder\n", 'the file is as it was');

$t->write_file('nginx.conf', $conf);
is((nginx('-t'))[0], 0, 'a folder that can be made');

###############################################################################

# a reload with such a folder changes nothing

$t->run();
$t->write_file('nginx.conf', $conf =~ s!state=\S+?;!state=$dir/file;!r);
$t->expect_log(qr/state folder .* cannot be used/);
ok(!$t->reload(), 'a reload that names a file is refused');
paid('bot');
$t->write_file('nginx.conf', $conf);
ok($t->reload(), 'and the next one is not');

# at run time the folder goes away, and a file stands in its place

$t->expect_log(qr/journal cannot be written/);

paid('bot') for 1 .. 3;
ok(wait_for(sub { -s "$disk/state/journal" }), 'a journal');
paid('other');

rename "$disk/state", "$disk/away" or die "rename: $!\n";
open my $fh, '>', "$disk/state" or die;
close $fh;

ok(failing(), 'a file in its place: failing');
is(metric($t->metrics_now(), 'aicost_store_up'), 0, 'the metric says so');
paid('bot') for 1 .. 5;
is(alerts(), 1, 'one alert');
like($t->read_log(), qr!\[alert\].*"\Q$disk\E/state".*Not a directory!i,
	'that says why');

unlink "$disk/state";
rename "$disk/away", "$disk/state" or die "rename: $!\n";
ok(healed(), 'heals when it is back');
same('after a restart');

# it is emptied

paid('other');
synced();
paid('bot');
unlink glob "$disk/state/*";
ok(wait_for(sub { paid('bot'); -s "$disk/state/journal" }),
	'emptied: a new journal');
synced();
same('after a restart, what stood only in the lost one too');

# what stands there and cannot be read is told, counters begin anew

$t->stop();
rename "$disk/state/journal", "$disk/journal" or die "rename: $!\n";
symlink 'journal', "$disk/state/journal" or die "symlink: $!\n";
$t->expect_log(qr!"\Q$disk\E/state/journal" cannot be read!)
	->expect_log(qr!chown\(.*levels of symbolic links!);
$t->run();
like($t->read_log(), qr!\[alert\].*/state/journal" cannot be read!,
	'a journal that cannot be read is an alert');
$t->stop();
unlink "$disk/state/journal";
rename "$disk/journal", "$disk/state/journal" or die "rename: $!\n";
$t->run();
same('when it can be read');

###############################################################################

SKIP: {
	skip 'no tmpfs can be mounted here', 1 unless $root;

	# full, and a reload meanwhile: the new worker knows nothing of what
	# the old one could not write

	fill();
	ok(failing(), 'full: failing');
	paid('other');
	paid('bot') for 1 .. 3;
	ok($t->reload(), 'a reload meanwhile');
	is($t->status_now()->{journal}, 'failing', 'is still failing');
	unlink "$disk/fill";
	ok(healed('bot'), 'heals after the reload');
	same('what the old worker could not write is not lost');

	# full, and the worker dies

	$t->expect_log(qr/exited on signal 9/);
	fill();
	ok(failing(), 'full again');
	paid('other');
	my @old = $t->workers();
	kill 'KILL', @old;
	$t->wait_old(@old);
	unlink "$disk/fill";
	ok(healed('bot'), 'heals after a kill');
	same('nothing is lost by it');

	# a stop in the moment after

	fill();
	ok(failing(), 'full a third time');
	paid('other');
	unlink "$disk/fill";
	same('a stop writes what was left');

	# a folder that can only be read: what stands there is counted on,
	# and a reload does not end nginx

	$t->stop();
	system('mount', '-o', 'remount,ro', $disk);
	$t->expect_log(qr/chown\(.*Read-only|written at exit/);
	$t->run();
	is(paid('other') + 0, $LIMIT - $paid{other}, 'read-only: starts');
	ok(failing(), 'and is failing');
	ok($t->reload(), 'a reload');
	paid('bot');
	system('mount', '-o', 'remount,rw', $disk);
	ok(healed('bot'), 'heals when it can be written');
	same('nothing is lost by that');
}

###############################################################################

sub nginx {
	# one that starts all the same is ended

	return $t->command('timeout', 5, $Aicost::Test::NGINX, @_, '-p', "$dir/",
		'-e', "$dir/start.log", '-c', "$dir/nginx.conf");
}


sub alerts {
	return scalar(() = $t->read_log()
		=~ /\[alert\].*journal cannot be written/g);
}


# one request of a consumer; what is left to it

sub paid {
	my ($as) = @_;
	my $r = chat(as => $as, session => 'v' . $visits++);

	is(code($r), '200 ', "traffic goes on ($as)") if $r->status() != 200;
	$paid{$as} += nano($r->header('X-AICost-Cost') // '0');

	return nano($r->header('X-AICost-Budget-Left') // '0');
}


# until it shows: what is written may fit the journal's last page, for a
# while: each request has an account of its own

sub failing {
	return wait_for {
		paid('bot');
		$t->status_now()->{journal} eq 'failing';
	};
}


sub healed {
	return wait_for {
		paid('bot');
		$t->status_now()->{journal} eq 'ok';
	};
}


# until ticks have passed that had nothing to write

sub synced {
	my ($last, $same) = (-1, 0);

	wait_for {
		my $now = -s "$disk/state/journal" || 0;
		$same = $now == $last ? $same + 1 : 0;
		$last = $now;
		$same > 130;
	};
}


sub fill {
	open my $fh, '>', "$disk/fill" or die "fill: $!\n";
	my $block = 'x' x 4096;
	1 while syswrite $fh, $block;
	close $fh;
}


# both accounts stand where the answers said

sub same {
	my ($name) = @_;

	$t->stop()->run();

	for my $as (sort keys %paid) {
		is(paid($as) + 0, $LIMIT - $paid{$as}, "$name: $as");
	}
}

###############################################################################

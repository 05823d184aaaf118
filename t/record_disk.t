#!/usr/bin/perl

# Tests for aicost_record on a disk that fills up: no line is torn, nobody
# waits.

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

if (system("mount -t tmpfs -o size=64k tmpfs $disk 2>/dev/null") != 0) {
	$t->{skipped} = 1;
	plan(skip_all => 'no tmpfs can be mounted here');
}

END {
	my $code = $?;

	if ($t && $t->{pid} == $$) {
		$t->stop();
		system('umount', $disk) if $disk && -e "$disk/calls.jsonl";
	}

	$? = $code;
}

$t->plan();

$t->gateway(sim => { tokens => 5 },
	location => "aicost_record $disk/calls.jsonl;")->run();

my $sent = 0;

is(ask(3000), 200, 'a call');
ok(wait_for { counted('written') == 1 }, 'is recorded');

for (1 .. 40) {
	last if counted('failed');
	ask(3000);
	wait_for { counted('written') + counted('failed') == $sent };
}

cmp_ok(counted('failed'), '>', 0, 'the disk is full');
ok($t->wait_log(qr/\[error\].*cannot record in ".*\(28: /), 'told');
is(ask(3000), 200, 'traffic goes on');

my @lines = lines();
is(scalar @lines, counted('written'), 'each is there');
is(join('', @lines), $t->read_log('disk/calls.jsonl'), 'whole lines only');

# room again: the lines go on behind the last whole one

truncate "$disk/calls.jsonl", length($lines[0]);
my $written = counted('written');
is(ask(3000), 200, 'room again');
ok(wait_for { counted('written') == $written + 1 }, 'is recorded');
is(scalar lines(), 2, 'two lines');

# by the worker that could not

ok(wait_for { ask(5); $t->read_log() =~ /records in ".*" again/ }, 'told');

###############################################################################

sub ask {
	$sent++;
	return chat(content => 'word ' x ($_[0] / 5))->status();
}


sub counted {
	return metric($t->metrics_now(), 'aicost_records_total',
		result => $_[0]);
}


sub lines {
	my @lines = split /(?<=\n)/, $t->read_log('disk/calls.jsonl');

	return grep { /\n\z/ && ref decode_json($_) } @lines;
}

###############################################################################

#!/usr/bin/perl

# Tests for redis/: a real server takes each of its files.

###############################################################################

use warnings;
use strict;

use Test::More;

use Cwd qw/abs_path/;
use File::Temp qw/tempdir/;
use FindBin;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Time::HiRes qw/sleep/;

###############################################################################

my $root = abs_path("$FindBin::Bin/..");
my $tmp = tempdir('aicost-redis-conf-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);

plan skip_all => 'no redis-server'
	unless grep { -x "$_/redis-server" } split /:/, $ENV{PATH};

my $pid;

END { stop() }

# one server, with the user of the gateway and nobody else

my $redis = start('redis.conf', '--aclfile', "$root/redis/users.acl");

ok($redis, 'redis.conf with users.acl starts');
like(ask($redis, 'PING'), qr/^-NOAUTH/, 'nobody without a password');
like(ask($redis, 'AUTH aicost wrong'), qr/^-WRONGPASS/, 'nor with another');
stop();

$redis = start('redis.conf', '--aclfile', '');
is(value($redis, 'maxmemory-policy'), 'noeviction', 'nothing is evicted');
is(value($redis, 'appendonly'), 'yes', 'what was written stays');
stop();

# of a cluster

$redis = start('cluster.conf', '--cluster-port', port());
is(value($redis, 'cluster-enabled'), 'yes', 'cluster.conf starts');
is(value($redis, 'min-replicas-to-write'), '1', 'a primary alone stops');
stop();

# Sentinel writes its file

$redis = start('sentinel.conf', '--sentinel', '--port', port());
like(ask($redis, 'AUTH CHANGE-ME', 'SENTINEL MASTERS'), qr/192\.0\.2\.11/,
	'sentinel.conf starts and watches');
stop();

done_testing();

###############################################################################

sub port {
	my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1',
		Proto => 'tcp') or die "no port: $!\n";
	return $s->sockport();
}


sub start {
	my ($file, @args) = @_;

	system('cp', "$root/redis/$file", "$tmp/$file") == 0 or die;
	unlink "$tmp/sock";

	my @port = grep({ $_ eq '--port' } @args) ? () : ('--port', '0');

	$pid = fork() // die "fork: $!\n";

	if ($pid == 0) {
		open STDOUT, '>', "$tmp/log";
		open STDERR, '>&', \*STDOUT;
		exec 'redis-server', "$tmp/$file", @args, @port,
			'--bind', '127.0.0.1', '--dir', $tmp,
			'--unixsocket', "$tmp/sock";
		die "exec: $!\n";
	}

	for (1 .. 500) {
		my $s = IO::Socket::UNIX->new("$tmp/sock");
		return $s if $s;
		sleep(0.02);
	}

	diag(`cat $tmp/log`);
	return undef;
}


sub stop {
	return unless $pid;

	kill 'KILL', $pid;
	waitpid $pid, 0;
	undef $pid;
}


# the answer of the last command; a few of the server's bytes are enough

sub ask {
	my ($s, @lines) = @_;
	my $answer = '';

	return '' unless $s;

	for (@lines) {
		$s->print("$_\r\n");
		$s->sysread($answer, 65536);
	}

	return $answer;
}


sub value {
	my ($s, $name) = @_;

	return ask($s, "CONFIG GET $name") =~ /\r\n([\w-]+)\r\n\z/ ? $1 : undef;
}

###############################################################################

package Outage;

# A redis-server that is stopped under load: what each on_error= lets a request
# wait before its breaker opens, and afterwards, beside plain proxy_pass in the
# same seconds.

use warnings;
use strict;

use Exporter qw/import/;
use IO::Select;
use IO::Socket::INET;
use List::Util qw/max/;
use Time::HiRes qw/time/;

use Bench;

our @EXPORT = qw/outage/;

my @policies = qw/closed local open/;
my $TIMEOUT = 0.05;       # of aicost_redis, its default
my ($CLIENTS, $THINK) = (8, 0.02);

# s; before: on_error=local gives back what it has spent of its allowance, and
# leases another, once a second each

my ($BEFORE, $STOPPED, $AFTER, $PATIENCE) = (4, 3, 0.3, 60);

# ports of the provider, its slow twin and proxy_pass; times.  Nothing of it is
# tied to a core: what waits for one would open a breaker by itself.

sub outage {
	my ($sim, $paced, $plain, $times) = @_;
	my @own = map { ($_ => free_port()) } 'store', @policies;
	my %port = (plain => $plain, @own);

	redis('outage-store', $port{store});

	for (@policies) {
		my $redis = "redis://127.0.0.1:$port{store}";

		configure("outage-$_", $port{$_}, workers => 2, log => 'notice',
			gateway("outage-$_", $sim, $paced,
				"aicost_redis $redis on_error=$_ domain=$_;"));
	}

	ask("http://127.0.0.1:$port{$_}/v1/chat/completions",
		"$dir/1KB.json") for @policies;

	my %seen = map { $_ => {} } 'plain', @policies;

	once(\%port, \%seen) for 1 .. $times;

	for (@policies) {
		stop("outage-$_");
	}
	stop('outage-store');

	return { timeout_ms => $TIMEOUT * 1000, times => $times,
		stopped_s => $STOPPED, rows => { map {
			$_ => row($seen{$_}) } keys %seen } };
}


sub row {
	my ($seen) = @_;
	my %row = map { $_ => summary(@{ $seen->{$_} || [] }) }
		qw/before opening open/;

	for my $when (qw/opens_after back_after/) {
		$row{$when} = max(map { $_ * 1000 } @{ $seen->{$when} })
			if $seen->{$when};
	}
	$row{answers} = $seen->{answers};

	return \%row;
}


sub summary {
	my @s = sort { $a <=> $b } map { $_ * 1000 } @_;

	return { n => scalar @s, p50 => percentile(50, @s),
		p99 => percentile(99, @s), longest => percentile(100, @s) };
}


# one outage: begins with its load, ends when all are back

sub once {
	my ($port, $seen) = @_;
	my ($first, $stopped, $continued, $ended) = (time());
	my $begun = $first;
	my (%opened, %back, @done);
	my %said = map { $_ => said($_) } @policies;

	load($port, \@done, sub {
		my ($now) = @_;

		# what opens by itself, on a busy machine, begins anew

		if (!$stopped) {
			if (grep { said($_)->[0] > $said{$_}[0] } @policies) {
				%said = map { $_ => said($_) } @policies;
				@done = ();
				$begun = $now;
				die "a breaker opens by itself: the machine is too busy\n"
					if $now - $first > $PATIENCE;
			}

			return 1 if $now - $begun < $BEFORE || grep {
				$said{$_}[0] != said($_)->[1] } @policies;
			send_signal('STOP', 'outage-store');
			$stopped = time();
			return 1;
		}

		for (@policies) {
			my $said = said($_);
			$opened{$_} //= $now if $said->[0] > $said{$_}[0];
			$back{$_} //= $now if $continued
				&& $said->[1] > $said{$_}[1];
		}

		if (!$continued) {
			return 1 if $now - $stopped < $STOPPED;
			send_signal('CONT', 'outage-store');
			$continued = time();
			return 1;
		}

		die "no edge is back after $PATIENCE s\n"
			if $now - $continued > $PATIENCE;

		$ended //= $now if keys %back == @policies;

		return !$ended || $now - $ended < $AFTER;
	});

	$opened{plain} = max(values %opened);

	for my $who (@policies) {
		die "$who: its breaker never opened\n" unless $opened{$who};
		push @{ $seen->{$who}{opens_after} },
			$opened{$who} - $stopped;
		push @{ $seen->{$who}{back_after} },
			$back{$who} - $continued;
	}

	for (@done) {
		my ($who, $at, $took, $status) = @$_;
		my $s = $seen->{$who};

		if ($at + $took <= $stopped) {
			push @{ $s->{before} }, $took;

		} elsif ($at < $opened{$who}) {
			push @{ $s->{opening} }, $took;

		} elsif ($at + $took < $continued) {
			push @{ $s->{open} }, $took;
			$s->{answers}{$status}++;
		}
	}
}


# how often its log says that the store went, and that it came

sub said {
	my ($who) = @_;
	my $log = -e "$dir/outage-$who.log" ? read_file("$dir/outage-$who.log") : '';

	return [ scalar(() = $log =~ /aicost redis.*unavailable/g),
		scalar(() = $log =~ /aicost redis.*available again/g) ];
}


# keepalive clients, each asks again a while after its answer, until $tick says
# that it is over: [who, when, seconds, status]

sub load {
	my ($port, $done, $tick) = @_;
	my $body = read_file("$dir/1KB.json");
	my $ask = "POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\n"
		. "Content-Type: application/json\r\n"
		. "Authorization: Bearer bench-key\r\n"
		. 'Content-Length: ' . length($body) . "\r\n\r\n$body";
	my $select = IO::Select->new();
	my (%busy, @idle);

	for my $who (qw/plain closed local open/) {
		push @idle, map { { who => $who, due => 0, sock => connected(
			$port->{$who}) } } 1 .. $CLIENTS;
	}

	while ($tick->(my $now = time())) {
		my @later;

		for my $c (@idle) {
			if ($c->{due} > $now) {
				push @later, $c;
				next;
			}

			@$c{qw/at in/} = (time(), '');
			syswrite($c->{sock}, $ask) == length($ask)
				or die "$c->{who}: $!\n";
			$busy{ fileno $c->{sock} } = $c;
			$select->add($c->{sock});
		}
		@idle = @later;

		for my $s ($select->can_read(0.001)) {
			my $c = $busy{ fileno $s };

			sysread($s, $c->{in}, 65536, length $c->{in})
				or die "$c->{who}: closed: $c->{in}\n";
			my $status = answered($c->{in}) or next;

			$now = time();
			push @$done, [ $c->{who}, $c->{at}, $now - $c->{at},
				$status ];
			$c->{due} = $now + $THINK * (0.5 + rand());
			delete $busy{ fileno $s };
			$select->remove($s);
			push @idle, $c;
		}
	}
}


sub connected {
	my ($port) = @_;

	return IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")
		|| die "$port: $!\n";
}


# the status of an answer that is whole

sub answered {
	my ($status, $head, $body) = $_[0]
		=~ m!\AHTTP/1.1 (\d+) (.*?)\r\n\r\n(.*)\z!s or return;

	return $status if $head =~ /^Content-Length: (\d+)/mi
		? length($body) >= $1 : $body =~ /^0\r\n\r\n\z/m;
	return;
}

###############################################################################

1;

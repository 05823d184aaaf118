package Aicost::Edge;

# One of several gateways of one provider and one store: a gateway as those of
# Aicost::Gateway, with a folder, a zone and ports of its own.

use warnings;
use strict;

use IO::Select;
use JSON::PP;
use POSIX ();

use Aicost::Test;
use Aicost::Gateway ();

our @ISA = ('Aicost::Test');

my $edges = 0;

our %SERVED = (
	rich => '/v1/chat/completions',
	poor => '/poor/v1/chat/completions',
	dead => '/dead/v1/chat/completions',
);


# new($t, redis => 'redis://... on_error=closed', as gateway()): $t has the
# provider, and the tests.  workers => 1, connections => 4096, user => 'a b'
# (of workers whom root starts)

sub new {
	my ($class, $t, %opt) = @_;
	my $self = Aicost::Test::new($class);

	$self->{index} = ++$edges;
	$self->{secrets} = $t->{secrets};
	$self->{sim_port} = $t->{sim_port} //= $t->sim(port => 9000,
		%{ $opt{sim} || {} });

	my $redis = delete $opt{redis};
	my ($workers, $connections, $user) = delete @opt{qw/workers
		connections user/};
	$opt{http} = ($redis ? "aicost_redis $redis;\n" : '')
		. ($opt{http} // '');

	$self->write_file('token', "$Aicost::Test::OPERATOR\n");
	$self->write_file('prices.json',
		encode_json($opt{prices}
			// Aicost::Test::prices()));
	$self->write_file('consumers.json',
		Aicost::Test::consumers($opt{consumers} // { bot => {} }));

	my $conf = $self->expand(Aicost::Test::gateway_conf(%opt));

	$conf =~ s/^worker_processes \K\d+/$workers/m if $workers;
	$conf =~ s/^events \{\K/ worker_connections $connections; /m
		if $connections;
	$conf =~ s/^user \Kroot/$user/m if $user;
	$self->write_file('nginx.conf', $conf);

	return $self;
}


# 8080 and the like are its own; the provider is everybody's

sub port_of {
	my ($self, $number) = @_;

	return Aicost::Test::port($number == 9000 ? $number
		: "edge $self->{index} $number");
}


sub expand {
	my ($self, $text) = @_;

	$text =~ s/%%PORT_(\d+)%%/$self->port_of($1)/ge;

	return $self->SUPER::expand($text);
}


# the first one that runs is whom chat() of Aicost::Gateway asks

sub run {
	my ($self, @args) = @_;
	my $before = http_default_port();

	$self->SUPER::run(@args);
	http_default_port($before // $self->port_of(8080));

	return $self;
}


sub chat {
	my ($self, %ask) = @_;
	my %headers = (%{ delete $ask{headers} || {} },
		-port => $self->port_of(8080));

	return Aicost::Test::chat(%ask, headers => \%headers);
}


sub stream {
	my ($self, @more) = @_;

	return Aicost::Http::Stream->new(-port => $self->port_of(8080), @more);
}


sub begin {
	my ($self, %ask) = @_;

	return http_begin(Aicost::Test::chat_raw(%ask), -port => $self->port_of(8080));
}


# n clients that ask, and are gone before they are answered; true when all are
# in the log

sub leave {
	my ($self, $n, %ask) = @_;
	my $had = $self->answered();

	while ($n > 0) {
		my @some = map { $self->begin(%ask) } 1 .. ($n < 64 ? $n : 64);

		$_->close() for @some;
		$n -= @some;
		$had += @some;
		wait_for { $self->answered() >= $had } or return 0;
	}

	return 1;
}


sub metrics_now {
	my ($self) = @_;

	return metrics(http_get('/metrics',
		-port => $self->port_of(8090))->body());
}


sub api {
	my ($self, $method, $path, $json) = @_;

	return $self->console($self->port_of(8090), $method, "/api/$path",
		$Aicost::Test::OPERATOR, $json);
}


sub status_now {
	my ($self) = @_;

	return $self->api('GET', 'status')->json();
}


sub control {
	my ($self, @args) = @_;

	local $ENV{AICOST_CONSOLE} = 'http://127.0.0.1:'
		. $self->port_of(8090) . '/';
	local $ENV{AICOST_TOKEN_FILE} = "$self->{dir}/token";

	return $self->aicost(@args);
}


# kB of its workers

sub memory {
	my ($self) = @_;
	my $sum = 0;

	for my $pid ($self->workers()) {
		open my $fh, '<', "/proc/$pid/status" or next;
		$sum += (join('', <$fh>) =~ /RssAnon:\s+(\d+)/)[0] // 0;
	}

	return $sum;
}


# its store answers, as it says itself

sub wait_up {
	my ($self, $up) = @_;

	$up //= 1;

	return wait_for {
		my $m = eval { $self->metrics_now() } || {};
		(metric($m, 'aicost_store_up') // -1) == $up;
	};
}


# how often it said in its log that the store went, and that it came

sub outages {
	my ($self) = @_;
	my $log = $self->read_log();

	return (scalar(() = $log =~ /aicost redis.*unavailable/g),
		scalar(() = $log =~ /aicost redis.*available again/g));
}


# nano of all answers it has logged

sub logged {
	my ($self) = @_;
	my $sum = 0;

	$sum += Aicost::Test::nano($_) // 0
		for $self->read_log('ledger.log') =~ /"cost":"([^"]*)".*\n/g;

	return $sum;
}


# how many; those of a status

sub answered {
	my ($self, $status) = @_;

	$status //= qr/\d+/;

	return scalar(() = $self->read_log('ledger.log')
		=~ /"status":"?$status\b.*\n/g);
}


# until each of them has answered so many more

sub wait_more {
	my ($n, $status, @edges) = @_;
	my @had = map { $_->answered($status) } @edges;

	return wait_for {
		!grep { $edges[$_]->answered($status) < $had[$_] + $n }
			0 .. $#edges;
	} 30;
}


# the end of an edge: three tests, those that plan() adds for one gateway

sub done {
	my ($self) = @_;
	my $n = "edge $self->{index}";

	$self->stop();
	Test::More::is($self->_alerts(), '', "$n: no alerts");
	Test::More::is($self->_sanitizers(), '', "$n: no sanitizer reports");
	Test::More::is($self->_leaks(), '', "$n: no secrets left behind");
}

###############################################################################

# Clients that ask while the test does something else.
#
# begin([$edge, ...], 8, sub { my ($i, $k) = @_; ... }): 8 processes, one edge
# each in turn; the sub says what client i asks in turn k (name => 'rich' is
# where, the rest goes to chat_raw), an empty list is its end.  end(): all
# answers, { name, status, code, cost, tier, reason, id, retry }.

package Aicost::Load;

use warnings;
use strict;

use IO::Select;
use JSON::PP;

use Aicost::Test;

sub begin {
	my ($class, $edges, $n, $sub) = @_;
	my (@readers, @pids);

	pipe my $stop, my $go or die "pipe: $!\n";

	for my $i (0 .. $n - 1) {
		pipe my $r, my $w or die "pipe: $!\n";
		my $pid = fork() // die "fork: $!\n";

		unless ($pid) {
			$SIG{$_} = 'DEFAULT' for qw/INT TERM HUP PIPE/;
			close $go;

			my $v = eval { _client($edges->[$i % @$edges], $i,
				$sub, IO::Select->new($stop)) } || "$@";
			print $w JSON::PP->new->allow_nonref->encode($v);
			close $w;
			POSIX::_exit(0);
		}

		close $w;
		push @readers, $r;
		push @pids, $pid;
	}

	close $stop;

	return bless { go => $go, readers => \@readers, pids => \@pids },
		$class;
}


# tells them to stop

sub end {
	my ($self) = @_;

	close delete $self->{go};

	return $self->wait();
}


# lets them come to their end

sub wait {
	my ($self) = @_;
	my @all;

	for my $i (0 .. $#{ $self->{pids} }) {
		local $/;
		my $text = readline $self->{readers}[$i];
		waitpid $self->{pids}[$i], 0;

		my $v = eval { JSON::PP->new->allow_nonref->decode($text) }
			// "it ended without an answer\n";
		die "client $i: $v" unless ref $v;
		push @all, @$v;
	}

	return @all;
}


sub _client {
	my ($edge, $i, $sub, $stop) = @_;
	my ($s, @seen);

	for (my $k = 0; !$stop->can_read(0); $k++) {
		my %ask = $sub->($i, $k) or last;
		my $name = delete $ask{name} // 'rich';

		$s ||= $edge->stream()->keep();
		my $r = $s->next(Aicost::Test::chat_raw(
			uri => $Aicost::Edge::SERVED{$name}, %ask));

		push @seen, { edge => $edge->{index}, said($name, $r) };

		if ($r->status() == 0
			|| ($r->header('Connection') // '') eq 'close')
		{
			$s->close();
			undef $s;
		}
	}

	return \@seen;
}


sub said {
	my ($name, $r) = @_;
	my $usage = ($r->json() || {})->{usage} || {};

	return (name => $name, status => $r->status() + 0,
		code => Aicost::Test::code($r),
		cost => Aicost::Test::nano(scalar $r->header('X-AICost-Cost')),
		in => $usage->{prompt_tokens}, out => $usage->{completion_tokens},
		map { $_->[0] => scalar $r->header($_->[1]) }
		['tier', 'X-AICost-Tier'], ['reason', 'X-AICost-Reason'],
		['id', 'X-AICost-Request-Id'], ['retry', 'Retry-After']);
}


# { 'rich 200 ' => 12, 'poor 402 budget_exceeded' => 3 }

sub tally {
	my %n;

	$n{"$_->{name} $_->{code}"}++ for @_;

	return \%n;
}


# what the answers cost together; those whose cost is not that of their own
# usage are none of this gateway's

sub cost {
	my $sum = 0;

	$sum += $_->{cost} // 0 for @_;

	return $sum;
}


sub mismatched {
	my %seen;

	return map { "$_->{name} $_->{code}: cost " . ($_->{cost} // '-')
		. ' of ' . ($_->{in} // '-') . '/' . ($_->{out} // '-')
		. " $_->{id}" }
	grep {
		my $each = ($_->{tier} // '') eq 'free' ? 0
			: ($_->{tier} // '') eq 'cheap' ? 1 : 10;

		($_->{id} && $seen{$_->{id}}++)
			|| ($_->{status} == 200 && defined $_->{in}
				&& $_->{cost} != 200 * $each * $_->{in}
					+ 1000 * $each * $_->{out});
	} @_;
}

1;

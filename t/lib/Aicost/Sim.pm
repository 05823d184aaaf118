package Aicost::Test;

# The simulated provider, "aicost sim", and its controls.

use warnings;
use strict;

our $AICOST;

###############################################################################

# sim(port => 9001, tokens => 50, fault => ['429', '2:cut=3'], args => [...]):
# options of the command by name; the port it listens on.  With port => N it is
# the one that %%PORT_N%% stands for; with tls => 1 a second one for TLS.

sub sim {
	my ($self, %opt) = @_;

	my $n = keys %{ $self->{sims} };
	my $port = port(delete $opt{port} // "sim-$$-$n");
	my @args = ('--listen', "127.0.0.1:$port", @{ delete $opt{args} || [] });

	for my $name (sort keys %opt) {
		my @values = ref $opt{$name} ? @{ $opt{$name} } : $opt{$name};

		for my $v (@values) {
			(my $option = "--$name") =~ tr/_/-/;
			push @args, $option, defined $v ? $v : ();
		}
	}

	mkdir "$self->{dir}/sim";
	my $pid = $self->_spawn("sim/$port.log", $AICOST, 'sim', @args);

	my $up = wait_for {
		return -1 if waitpid($pid, POSIX::WNOHANG()) == $pid;
		IO::Socket::INET->new(Proto => 'tcp',
			PeerAddr => "127.0.0.1:$port") ? 1 : 0;
	};

	die "aicost sim did not start:\n" . $self->read_log("sim/$port.log")
		if $up != 1;

	push @{ $self->{daemons} }, $pid;
	$self->{sims}{$port} = $pid;

	return $port;
}


# a provider that is gone: connections are refused

sub sim_stop {
	my ($self, $port) = @_;

	$self->stop_daemon(delete $self->{sims}{$port});
	return $self;
}


# what the next requests get, in order: sim_next($port, '429', 'ok', 'cut=2')

sub sim_next {
	my ($self, $port, @faults) = @_;

	for my $f (@faults) {
		$self->_sim($port, 'POST', '/sim/next', $f);
	}

	return $self;
}


# the requests it has seen, oldest first

sub sim_log {
	my ($self, $port) = @_;

	my $log = $self->_sim($port, 'GET', '/sim/log')->json();

	return @{ ref $log eq 'HASH' ? $log->{requests} : $log };
}


# forgets requests and faults

sub sim_reset {
	my ($self, $port) = @_;

	$self->_sim($port, 'POST', '/sim/reset', '');
	return $self;
}


sub _sim {
	my ($self, $port, $method, $path, $body) = @_;

	my $r = http_request($method, $path, $body, -port => $port);
	die "sim: $method $path: " . $r->status() . ' ' . $r->body() . "\n"
		if $r->status() != 200;

	return $r;
}

1;

package Aicost::Test;

# The simulated provider, "aicost sim", and its controls.

use warnings;
use strict;

our $AICOST;

###############################################################################

# sim(tokens => 50, fault => ['429', '2:cut=3'], args => [...]): options of the
# command by name; the port it listens on.  With port => N it is the one that
# %%PORT_N%% stands for.  With tls => 1 there is a second port, for TLS with
# certificate(): my ($port, $tls) = $t->sim(tls => 1).

sub sim {
	my ($self, %opt) = @_;

	my $n = ++$self->{simulated};
	my $port = port(delete $opt{port} // "sim $n");
	my @args = ('--listen', "127.0.0.1:$port", @{ delete $opt{args} || [] });
	my $tls;

	if (delete $opt{tls}) {
		my ($cert, $key) = $self->certificate();

		$tls = port("sim $n tls");
		push @args, '--listen-tls', "127.0.0.1:$tls",
			'--tls-cert', $cert, '--tls-key', $key;
	}

	for my $name (sort keys %opt) {
		my @values = ref $opt{$name} ? @{ $opt{$name} } : $opt{$name};

		for my $v (@values) {
			(my $option = "--$name") =~ tr/_/-/;
			push @args, $option, $v;
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

	return wantarray ? ($port, $tls) : $port;
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

	$self->_sim($port, 'POST', '/sim/next', { faults => \@faults });
	return $self;
}


# the requests it has seen, oldest first: { method, path, host, headers, tls,
# sni, body, faults, status, events, tokens_in, tokens_out, done, aborted }

sub sim_log {
	my ($self, $port) = @_;

	return @{ $self->sim_state($port)->{log} };
}


# { requests, connections, open, queued, log }

sub sim_state {
	my ($self, $port) = @_;

	return $self->_sim($port, 'GET', '/sim/log')->json();
}


# until it is done with n requests, answered or left; the requests

sub sim_wait {
	my ($self, $port, $n) = @_;
	my @log;

	wait_for {
		@log = grep { $_->{done} || $_->{aborted} }
			$self->sim_log($port);
		@log >= $n;
	};

	return @log;
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


# a certificate of "localhost" and 127.0.0.1 that is its own authority:
# (file, key file)

sub certificate {
	my ($self, $name) = @_;

	$name //= 'localhost';
	my ($cert, $key) = map { "$self->{dir}/$name.$_" } qw/crt key/;

	unless (-e $cert) {
		my ($rc, undef, $err) = $self->command('openssl', 'req',
			'-x509', '-newkey', 'ec', '-pkeyopt',
			'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30',
			'-subj', "/CN=$name", '-addext',
			"subjectAltName=DNS:$name,IP:127.0.0.1",
			'-keyout', $key, '-out', $cert);
		die "openssl: $err\n" if $rc;

		@{ $self->{written} }{$cert, $key} = (1, 1);
	}

	return ($cert, $key);
}

1;

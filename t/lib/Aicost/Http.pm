package Aicost::Http;

# A small HTTP/1.1 client for tests: raw requests, streams read in parts,
# answers taken apart.  Core Perl only.

use warnings;
use strict;

use Exporter qw/import/;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Socket qw/SOL_SOCKET SO_LINGER IPPROTO_TCP TCP_NODELAY/;
use Time::HiRes qw/time/;

our @EXPORT = qw/http http_get http_post http_request http_begin
	http_default_port/;

our $TIMEOUT = 15;

my $default_port;

###############################################################################

sub http_default_port {
	$default_port = $_[0] if @_;
	return $default_port;
}


# sends the bytes as they are, reads until the answer is complete:
# http($raw, -port => N, -timeout => S)

sub http {
	my ($raw, %opt) = @_;

	return http_begin($raw, %opt)->finish();
}


# http_get('/x', 'X-Name' => 'value', -port => N)

sub http_get {
	my ($uri, @rest) = @_;

	return http_request('GET', $uri, undef, @rest);
}


# a body that is a reference goes as JSON

sub http_post {
	my ($uri, $body, @rest) = @_;

	return http_request('POST', $uri, $body, @rest);
}


sub http_request {
	my ($method, $uri, $body, @rest) = @_;
	my ($raw, %opt) = _request($method, $uri, $body, @rest);

	return http($raw, %opt);
}


# http_begin($raw, %opt) or http_begin('POST', $uri, $body, headers...):
# the stream, with the request sent and nothing read

sub http_begin {
	my ($raw, @rest) = @_;
	my %opt;

	if ($raw =~ /^[A-Z]+\z/) {
		($raw, %opt) = _request($raw, @rest);

	} else {
		%opt = @rest;
	}

	my $s = Aicost::Http::Stream->new(%opt);
	$s->{head} = $raw =~ /^HEAD /;
	$s->write($raw);

	return $s;
}


sub _request {
	my ($method, $uri, $body, @rest) = @_;
	my ($headers, %opt, %seen) = ('');

	while (my ($name, $value) = splice @rest, 0, 2) {
		if ($name =~ /^-/) {
			$opt{$name} = $value;
			next;
		}

		$seen{lc $name} = 1;
		$headers .= "$name: $value\r\n" if defined $value;
	}

	if (ref $body) {
		$body = JSON::PP->new->canonical->utf8->encode($body);
		$headers .= "Content-Type: application/json\r\n"
			unless $seen{'content-type'};

	} elsif (defined $body) {
		utf8::encode($body) if utf8::is_utf8($body);
		$headers .= "Content-Type: application/json\r\n"
			unless $seen{'content-type'};
	}

	$headers = "Host: localhost\r\n$headers" unless $seen{host};
	$headers .= "Connection: close\r\n" unless $seen{connection};
	$headers .= 'Content-Length: ' . length($body) . "\r\n"
		if defined $body && !$seen{'content-length'}
		&& !$seen{'transfer-encoding'};

	return ("$method $uri HTTP/1.1\r\n$headers\r\n" . ($body // ''), %opt);
}

###############################################################################

package Aicost::Http::Stream;

sub new {
	my ($class, %opt) = @_;

	my $port = $opt{-port} // Aicost::Http::http_default_port()
		// die "http: no port: run() first or say -port\n";

	my $sock = IO::Socket::INET->new(
		Proto => 'tcp',
		PeerAddr => $opt{-addr} // '127.0.0.1',
		PeerPort => $port,
	)
		or die "http: cannot connect to port $port: $!\n";

	$sock->setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1);
	$sock->autoflush(1);

	return bless { sock => $sock, in => '', at => [], eof => 0,
		timeout => $opt{-timeout} // $Aicost::Http::TIMEOUT }, $class;
}


sub socket {
	return $_[0]->{sock};
}


# returns false when the peer does not take it

sub write {
	my ($self, $bytes) = @_;

	local $SIG{PIPE} = 'IGNORE';
	my $end = Time::HiRes::time() + $self->{timeout};
	my $sel = IO::Select->new($self->{sock});

	$self->{sock}->blocking(0);

	while (length $bytes) {
		my $n = syswrite $self->{sock}, $bytes;

		if (defined $n) {
			substr($bytes, 0, $n, '');
			next;
		}

		last unless $!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR};
		my $left = $end - Time::HiRes::time();
		last if $left <= 0;

		# an answer may come before all is sent: make room for it
		my ($r) = IO::Select->select($sel, $sel, undef, $left);
		$self->_read() if $r && @$r;
	}

	return !length $bytes;
}


sub _read {
	my ($self) = @_;
	my $n = sysread $self->{sock}, my $buf, 65536;

	if ($n) {
		$self->{in} .= $buf;
		push @{ $self->{at} }, [Time::HiRes::time(), $n];

	} elsif (defined $n || !($!{EAGAIN} || $!{EINTR})) {
		$self->{eof} = 1;
		$self->{reset} = 1 if !defined $n && $!{ECONNRESET};
	}
}


# reads until the regex (or a sub of all bytes) holds; returns what has come,
# or undef when the peer closed or the time is over before

sub read_until {
	my ($self, $what, $timeout) = @_;
	my $end = Time::HiRes::time() + ($timeout // $self->{timeout});
	my $sel = IO::Select->new($self->{sock});

	$self->{sock}->blocking(0);

	while (1) {
		return $self->{in}
			if ref $what eq 'CODE' ? $what->($self->{in})
				: $self->{in} =~ $what;
		return undef if $self->{eof};

		my $left = $end - Time::HiRes::time();
		last if $left <= 0;

		$self->_read() if $sel->can_read($left);
	}

	$self->{timed_out} = 1;
	return undef;
}


# what has come until now, without waiting

sub bytes {
	return $_[0]->{in};
}


sub response {
	my ($self) = @_;

	return Aicost::Http::Response->new($self->{in}, head => $self->{head},
		eof => $self->{eof}, timed_out => $self->{timed_out},
		reset => $self->{reset});
}


# reads to the end of this answer

sub finish {
	my ($self, $timeout) = @_;

	$self->read_until(sub {
		return 0 if $_[0] !~ /\r\n\r\n/;
		# only what is framed ends before the peer closes
		return 0 if length $_[0] == ($self->{seen} // -1);
		$self->{seen} = length $_[0];
		return Aicost::Http::Response->new($_[0],
			head => $self->{head})->complete();
	}, $timeout);

	my $r = $self->response();
	$self->close() unless $self->{keep};

	return $r;
}


# an answer on a connection that stays: finish, then the next request

sub next {
	my ($self, $raw, $timeout) = @_;

	@$self{qw/in at seen/} = ('', [], undef);
	$self->{keep} = 1;
	$self->write($raw);

	return $self->finish($timeout);
}


sub keep {
	$_[0]->{keep} = 1;
	return $_[0];
}


sub shutdown {
	my ($self) = @_;

	CORE::shutdown($self->{sock}, 1);
	return $self;
}


# as a client that is gone: a reset, not a close

sub abort {
	my ($self) = @_;

	setsockopt $self->{sock}, Socket::SOL_SOCKET, Socket::SO_LINGER,
		pack 'ii', 1, 0;
	$self->close();
}


sub close {
	my ($self) = @_;

	CORE::close($self->{sock}) if $self->{sock};
	return $self;
}

###############################################################################

package Aicost::Http::Response;

sub new {
	my ($class, $raw, %opt) = @_;
	my $self = bless { %opt, raw => $raw, status => 0, headers => {},
		body => '', chunks => [] }, $class;

	my ($head, $rest) = split /\r\n\r\n/, $raw, 2;
	return $self unless defined $rest;

	# 100 Continue stands before the answer
	($head, $rest) = split /\r\n\r\n/, $rest, 2
		while defined $rest && $head =~ m!^HTTP/1\.. 1\d\d!;
	return $self unless defined $rest;

	my ($line, @headers) = split /\r\n/, $head;
	($self->{status}, $self->{reason}) = ($1, $2)
		if $line =~ m!^HTTP/1\.\d (\d{3}) ?(.*)!;

	for (@headers) {
		push @{ $self->{headers}{lc $1} }, $2 if /^([^:]+):\s*(.*?)\s*$/;
	}

	$self->_body($rest);

	return $self;
}


sub _body {
	my ($self, $rest) = @_;
	my $h = $self->{headers};

	if ($self->{head} || $self->{status} == 204 || $self->{status} == 304) {
		$self->{complete} = 1;
		return;
	}

	if (lc($h->{'transfer-encoding'}[0] // '') eq 'chunked') {
		while ($rest =~ s/\A([0-9A-Fa-f]+)[^\r\n]*\r\n//) {
			my $n = hex $1;

			if ($n == 0) {
				$self->{complete} = $rest =~ /\A(?:.+\r\n)*\r\n/;
				last;
			}

			push @{ $self->{chunks} }, substr $rest, 0, $n;
			last if length $rest < $n + 2;
			$rest = substr $rest, $n + 2;
		}

		$self->{body} = join '', @{ $self->{chunks} };
		return;
	}

	$self->{body} = $rest;

	if (defined(my $n = $h->{'content-length'}[0])) {
		$self->{complete} = length $rest >= $n;
		$self->{body} = substr $rest, 0, $n;
		return;
	}

	$self->{complete} = $self->{eof} && !$self->{reset};
}


sub status { return $_[0]->{status} }
sub reason { return $_[0]->{reason} }
sub body { return $_[0]->{body} }
sub raw { return $_[0]->{raw} }
sub headers { return $_[0]->{headers} }
sub chunks { return @{ $_[0]->{chunks} } }
sub complete { return $_[0]->{complete} ? 1 : 0 }


# the values in list context, joined in scalar; undef when there is none

sub header {
	my ($self, $name) = @_;
	my $v = $self->{headers}{lc $name};

	return @{ $v || [] } if wantarray;
	return $v ? join ', ', @$v : undef;
}


# the decoded body, or undef when it is not JSON

sub json {
	my ($self) = @_;

	return scalar eval { JSON::PP->new->utf8->decode($self->{body}) };
}


# SSE: { event, data, id, comments, raw } of each event that is complete.  A
# block of comments alone is not an event; its lines are in comments().

sub events {
	my ($self) = @_;
	my (@events, @comments);

	while ($self->{body} =~ /\G(.*?)(?:\r\n\r\n|\n\n|\r\r)/gs) {
		my $block = $1;
		my %e = (raw => $block, comments => []);

		for (split /\r\n|\n|\r/, $block) {
			if (/^:\s?(.*)/) {
				push @comments, $1;
				push @{ $e{comments} }, $1;

			} elsif (/^data:\s?(.*)/) {
				$e{data} = defined $e{data}
					? "$e{data}\n$1" : $1;

			} elsif (/^(event|id|retry):\s?(.*)/) {
				$e{$1} = $2;
			}
		}

		push @events, \%e if defined $e{data} || defined $e{event};
	}

	$self->{comments} = \@comments;

	return @events;
}


sub comments {
	my ($self) = @_;

	$self->events();
	return @{ $self->{comments} };
}


# the payloads of the events: decoded JSON, or the text where it is not
# ("[DONE]")

sub data {
	my ($self) = @_;
	my $json = JSON::PP->new->utf8;

	return map {
		my $d = $_->{data};
		my $j = eval { $json->decode($d) };
		defined $j ? $j : $d;
	} grep { defined $_->{data} } $self->events();
}

1;

/*
 * One violation of each rule of util/check-style.  Never compiled; t/check.t
 * wants every rule named once.
 */


static int style_return_type(void)
{
    return 0;
}

static int
style_two_blank_lines(void)
{
    return 0;
}


static void
style_gap(void)
{
    int n;

    n = 0;
}


static void
style_column(void)
{
    int     n;
    size_t   len;

    n = len;
}


static void
style_order(void)
{
    aicost_str_t  a;
    size_t        n;

    n = a.len;
}


static char *
style_statements(char *p, int n)
{
    for (int i = 0; i < 2; i++) {
        n++;
    }

    if(p) {
        n = 1;
    }

    if (p) {
        n = 1;
    } else {
        n = 2;
    }

    if (n == 1)
        n = 2;

    while (n){
        n--;
    }

    strcpy(p, "// no comment, if( no keyword, sprintf( no call");

    n = 0; // a comment of a line
	n = 1;
    n = 2; 
    n = 3;                                /* a comment that ends after 80 columns */

    /* FIXME: what is not finished */

    return p;
}


static int
style_function_length(int n)
{
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    n++;
    return n;
}

/*
 * One violation of each rule of util/check-style.  Never compiled; t/check.t
 * wants every rule named exactly where this file breaks it.
 */


static int style_one_blank_line(void)
{
    return 0;
}

static char *
style_two_blank_lines(char *p)
{
    int  n;
    size_t  len;

    char c;

    for (int i = 0; i < 2; i++) {
        n++;
    }

    if(p) {
        n = 1;
    } else {
        n = 2;
    }

    if (n == 1)
        n = 2;

    while (n){
        n--;
    }

    strcpy(p, "// not a comment, if( not a keyword, sprintf( not a call");

    n = 0; // a line comment

	n = 1;
    n = 2; 
    n = 3;  /* a line that is longer than eighty columns is wide */   /* and on */

    /* FIXME: an unfinished mark */

    return p;
}


static void
style_declarations(void)
{
    int n;
    size_t  len;

    len = n;
}


static void
style_order(void)
{
    aicost_str_t  a;
    size_t        n;

    n = a.len;
}


static int
style_long_function(int n)
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
    n++;
    return n;
}

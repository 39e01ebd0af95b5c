/* The page's own files, which build/generated/page.c has as texts (see page/embed). */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

extern const char page_style[];
extern const char page_script[];

/* What a policy names the script by: "sha256-" and base64. */
extern const char page_script_hash[];

#endif

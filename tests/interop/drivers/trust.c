/*
 * Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Has GnuTLS, in a program that preloads this, take the authorities of the file that
 * TRUSTED names for those that the system trusts.
 */
#include <gnutls/gnutls.h>
#include <stdlib.h>

int gnutls_certificate_set_x509_system_trust(gnutls_certificate_credentials_t credentials)
{
    const char *path = getenv("TRUSTED");
    return path ? gnutls_certificate_set_x509_trust_file(credentials, path,
                                                         GNUTLS_X509_FMT_PEM)
                : 0;
}

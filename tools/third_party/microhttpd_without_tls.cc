// The functions of GnuTLS that libmicrohttpd refers to, without GnuTLS.
//
// Why: an agent serves plain HTTP on a unix socket and on loopback, but Debian's libmicrohttpd
// brings GnuTLS and eight more libraries along and initialises them at every start: two thirds of
// what the HTTP server costs an idle agent in private memory. Linked from its archive against this
// file, libmicrohttpd is what it is when it is configured without HTTPS.
//
// It calls two of these when it is loaded and unloaded, and the rest only for daemons started with
// MHD_USE_TLS, which nobody here may start: they end the process. A function that is missing here
// is a link error: add it to the list.

#include <cstddef>
#include <cstdio>
#include <cstdlib>

#define MUSTER_NO_TLS(name)                                                \
  extern "C" void name() {                                                 \
    std::fputs(#name " called: this program has no TLS server\n", stderr); \
    std::abort();                                                          \
  }

extern "C" int gnutls_global_init() { return 0; }
extern "C" void gnutls_global_deinit() {}
extern "C" void* (*gnutls_malloc)(size_t);
void* (*gnutls_malloc)(size_t) = std::malloc;

MUSTER_NO_TLS(gnutls_alpn_set_protocols)
MUSTER_NO_TLS(gnutls_bye)
MUSTER_NO_TLS(gnutls_certificate_allocate_credentials)
MUSTER_NO_TLS(gnutls_certificate_free_credentials)
MUSTER_NO_TLS(gnutls_certificate_server_set_request)
MUSTER_NO_TLS(gnutls_certificate_set_dh_params)
MUSTER_NO_TLS(gnutls_certificate_set_retrieve_function2)
MUSTER_NO_TLS(gnutls_certificate_set_retrieve_function3)
MUSTER_NO_TLS(gnutls_certificate_set_x509_key_mem)
MUSTER_NO_TLS(gnutls_certificate_set_x509_key_mem2)
MUSTER_NO_TLS(gnutls_certificate_set_x509_trust_mem)
MUSTER_NO_TLS(gnutls_cipher_get)
MUSTER_NO_TLS(gnutls_credentials_set)
MUSTER_NO_TLS(gnutls_deinit)
MUSTER_NO_TLS(gnutls_dh_params_deinit)
MUSTER_NO_TLS(gnutls_dh_params_import_pkcs3)
MUSTER_NO_TLS(gnutls_dh_params_init)
MUSTER_NO_TLS(gnutls_handshake)
MUSTER_NO_TLS(gnutls_init)
MUSTER_NO_TLS(gnutls_priority_deinit)
MUSTER_NO_TLS(gnutls_priority_init)
MUSTER_NO_TLS(gnutls_priority_set)
MUSTER_NO_TLS(gnutls_protocol_get_version)
MUSTER_NO_TLS(gnutls_psk_allocate_server_credentials)
MUSTER_NO_TLS(gnutls_psk_free_server_credentials)
MUSTER_NO_TLS(gnutls_psk_set_server_credentials_function)
MUSTER_NO_TLS(gnutls_record_check_pending)
MUSTER_NO_TLS(gnutls_record_get_direction)
MUSTER_NO_TLS(gnutls_record_recv)
MUSTER_NO_TLS(gnutls_record_send)
MUSTER_NO_TLS(gnutls_session_get_ptr)
MUSTER_NO_TLS(gnutls_session_set_ptr)
MUSTER_NO_TLS(gnutls_strerror)
MUSTER_NO_TLS(gnutls_transport_set_int2)

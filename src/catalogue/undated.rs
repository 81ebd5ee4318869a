//! Libraries that stood directly in `/usr/lib` of some macOS from 10.9 on, or in the `usr/lib` of its SDK, and that the
//! table does not date. Since macOS 11 nobody but Apple can put a file there: the volume is sealed.

/// File names up to the first full stop.
const STEMS: &str = "\
    libAccessibility libAppleArchive libAudioStatistics libAudioToolboxUtility libBSDPClient libBSDPServer libCRFSuite \
    libCTGreenTeaLogger libChineseTokenizer libCoreEntitlements libCoreStorage libDHCPServer libDiagnosticMessagesClient \
    libEDR libFDR libFosl_dynamic libIASAuthReboot libIOReport libKEXT libLangID libLTE libMTLCapture libMatch \
    libMobileGestalt libOpenScriptingUtil libParallelCompression libPhoneNumbers libQuickLookSupport libReverseProxyDevice \
    libSystem_asan libSystem_debug libSystem_profile libTelephonyUtilDynamic libThaiTokenizer libUniversalAccess libXSEvent \
    libafc libamsupport libapp_launch_measurement libapple_crypto libapple_nghttp2 libapr-1 libaprutil-1 libarchive libate \
    libatf-c libauthinstall libauto libblas libboringssl libbsm libbz2 libc++ libcache libcblas libcharset libclapack libcmph \
    libcoreroutine libcoretls libcoretls_cfhelpers libcrypto libcryptex libcsfde libcupscgi libcupsimage libcupsmime \
    libcupsppdc libcurl libdbm libdes425 libdns_services libdscsym libdtrace libecpg libedit libenergytrace libexpat libexslt \
    libextension libf77lapack libffi-trampolines libfl libform libgermantok libgmalloc libgssapi_krb5 libheimdal-asn1 \
    libhunspell-1 libhvf libicalendar libicucore libinfo libiodbc libiodbcinst libipconfig libipsec libk5crypto libkrb4 \
    libkrb5 libkrb5support libktrace libkxld liblangid liblapack liblber libldap libldap_r liblockdown liblog libltdl liblzma \
    libmalloc_replay libmarisa libmecab libmecabra libmenu libmis libmx libncurses libnetsnmp libnetsnmpagent \
    libnetsnmphelpers libnetsnmpmibs libnetsnmptrapd libnfshared libobjc-trampolines libodfde libomadm libpam libpanel \
    libparser libpartition2_dynamic libpcap libpcre libpcreposix libperfcheck libpmenergy libpmsample libpoll libpq libprequelite \
    libproc libprofile_rt libpthread libpython2 libpython libquit libreadline libresolv librpcsvc libruby libsasl2 libsandbox \
    libscsynth libsqlite3 libssh-keychain libssl libstdc++ libsvn_client-1 libsysdiagnose libsysmon libsystemstats \
    libtailspin libtcl libtcl8 libtermcap libtest libtexttospeech libtidy libtk libtk8 libtls libtzupdate libusrtcp libutil \
    libutil1 libvMisc libvDSP libxar libxcselect libxml2 libxo libxpc libxslt libxssuite liby libz libzippers";

/// Is it a library that no macOS from 11 on has, going by its path? No, for all that do not stand directly in `/usr/lib`.
pub(super) fn is_nobodys(install_name: &str) -> bool {
    let Some(leaf) = install_name.strip_prefix("/usr/lib/") else {
        return false;
    };
    let stem = leaf.split('.').next().unwrap_or_default();
    !leaf.contains('/')
        && leaf.ends_with(".dylib")
        && !STEMS.split_ascii_whitespace().any(|own| own == stem)
}

#[cfg(test)]
mod tests {
    use super::is_nobodys;

    #[test]
    fn a_strange_name_in_the_sealed_directory_is_nobodys() {
        for name in [
            "/usr/lib/libomp.dylib",
            "/usr/lib/libjpeg.8.dylib",
            "/usr/lib/libgfortran.5.dylib",
        ] {
            assert!(is_nobodys(name), "{name}");
        }
        for name in [
            "/usr/lib/libcrypto.46.dylib",
            "/usr/lib/libnetsnmp.15.1.2.dylib",
            "/usr/lib/libpcap.A.dylib",
            "/usr/lib/swift/libswiftCore.dylib",
            "/usr/lib/system/libdyld.dylib",
            "/usr/local/lib/libomp.dylib",
            "/System/Library/Frameworks/Vmnet.framework/Vmnet",
        ] {
            assert!(!is_nobodys(name), "{name}");
        }
    }
}

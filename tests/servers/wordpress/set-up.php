<?php
// Installs the site and prints application passwords: of alice, who may do all, and bob, who may read.
define('WP_INSTALLING', true);
require getenv('WP_ROOT') . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Orchard', 'alice', 'alice@example.test', true, '', 'only-for-tests');
update_option('permalink_structure', '/%postname%/');
flush_rewrite_rules(false);
$bob = wp_insert_user(['user_login' => 'bob', 'user_pass' => 'only-for-tests', 'role' => 'subscriber']);
foreach ([1, $bob] as $person) {
    [$password] = WP_Application_Passwords::create_new_application_password($person, ['name' => 'AllStac']);
    echo "application-password $password\n";
}
